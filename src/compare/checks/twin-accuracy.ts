import type { ProbePolicy } from '../../policy/probe-policy.ts';
import type { Check, ComparisonContext } from '../check.ts';
import type { Finding } from '../finding.ts';
import { leastReaching, reaches } from '../pairing/limits.ts';
import { unitsIn } from '../pairing/sample.ts';
import { type HarmRule, type KnownAnswers, lostAnswers, nearTiesOf, withHolm } from '../sequential/harm-rule.ts';
import { levelOfLoss } from '../tests/graded-losses.ts';
import { ITEMS_OF_FORM } from '../tests/losses.ts';
import { alphaOfPart, type TwinTest } from '../tests/twin-tests.ts';

/** A significant drop (exact paired test, `alpha`) of at least the policy's limit, over all twins or a capability. */
export const twinAccuracyCheck = { find, harm } satisfies Check;

function find({ probes, policy }: ComparisonContext): Finding[] {
  if (probes.kind !== 'paired') return [];
  const { alpha, level } = policy['twin-accuracy'];
  return judgedTests(probes.evaluation.twinTests).flatMap((test): Finding[] => {
    const { capability, facts, limit, change, accuracy } = test;
    const { value, twins, lost, won, p } = change;
    const least = capability === null ? test.alpha : alpha;
    if (p >= least || value >= 0 || !reaches(-value, limit)) return [];
    const reach = capability === null ? 'all' : 'part';
    const own = levelOfLoss(level, { facts, itemsOf: ITEMS_OF_FORM.twin, drop: -value, limit, reach }, policy);
    const units = unitsIn(facts.flatMap(ITEMS_OF_FORM.twin));
    const numbers = { change: value, twins, ...units, lost, won, p, limit };
    return [{ kind: 'twin-accuracy', level: own, capability, ...accuracy, ...numbers }];
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

/** One capability alone has the same twins as all: one test, one finding. */
function judgedTests(all: readonly TwinTest[]): readonly TwinTest[] {
  return all.length > 2 ? all : all.filter(({ capability }) => capability === null);
}
