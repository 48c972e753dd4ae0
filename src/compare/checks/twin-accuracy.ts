import type { ProbePolicy } from '../../policy/probe-policy.ts';
import type { Check } from '../check.ts';
import type { ComparisonContext } from '../context.ts';
import type { Finding } from '../finding.ts';
import { leastReaching, reaches } from '../pairing/limits.ts';
import { unitsIn } from '../pairing/sample.ts';
import { type HarmRule, type KnownAnswers, lostAnswers, nearTiesOf, withHolm } from '../sequential/harm-rule.ts';
import { levelOfLoss } from '../tests/graded-losses.ts';
import { ITEMS_OF_FORM } from '../tests/losses.ts';
import { alphaOfPart, type TwinTest } from '../tests/twin-tests.ts';

/**
 * The verdict on twin accuracy: a drop that is significant (exact paired test, `alpha` of the policy) and at least as
 * large as the policy's limit, over all twins and over each capability.
 */
export const twinAccuracyCheck = { find, harm } satisfies Check;

function find({ probes, policy }: ComparisonContext): Finding[] {
  if (probes.kind !== 'paired') return [];
  const { alpha, level } = policy['twin-accuracy'];
  return judgedTests(probes.evaluation.twinTests).flatMap((test): Finding[] => {
    const { capability, facts, limit, change, accuracy } = test;
    const least = capability === null ? test.alpha : alpha;
    const isDrop = change.p < least && change.value < 0 && reaches(-change.value, limit);
    if (!isDrop) return [];
    const { value, twins, lost, won, p } = change;
    const reach = capability === null ? 'all' : 'part';
    const own = levelOfLoss(level, { facts, itemsOf: ITEMS_OF_FORM.twin, drop: -value, limit, reach }, policy);
    return [
      {
        kind: 'twin-accuracy',
        level: own,
        capability,
        ...accuracy,
        change: value,
        twins,
        ...unitsIn(facts.flatMap(ITEMS_OF_FORM.twin)),
        lost,
        won,
        p,
        limit,
      },
    ];
  });
}

function harm({ evaluation }: KnownAnswers, policy: ProbePolicy): HarmRule[] {
  const { margin } = policy['twin-accuracy'];
  const [all, ...parts] = judgedTests(evaluation.twinTests).map(({ capability, facts, alpha, limit }) => {
    const lost = lostAnswers('twin', facts);
    const of = { kind: 'twin-accuracy', capability } as const;
    const reach = capability === null ? 'all' : 'part';
    const nearTies = nearTiesOf(lost, { itemsOf: ITEMS_OF_FORM.twin, limit, reach }, policy);
    return { of, isPart: capability !== null, ...lost, least: leastReaching(limit, lost.units), alpha, nearTies };
  });
  if (all === undefined) return [];
  return [{ ...all, loosest: all.alpha, margin }, ...withHolm(parts, alphaOfPart(policy, 1))];
}

/** One capability alone is the same twins as all: one test, one finding. */
function judgedTests(all: readonly TwinTest[]): readonly TwinTest[] {
  return all.length > 2 ? all : all.filter(({ capability }) => capability === null);
}
