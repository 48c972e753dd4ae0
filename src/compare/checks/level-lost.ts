import type { JudgedForm } from '@shadow-gate/probes/item';
import type { ProbePolicy } from '../../policy/probe-policy.ts';
import type { Check, ComparisonContext } from '../check.ts';
import type { Finding } from '../finding.ts';
import { type PairedFact, sumOfChanges } from '../pairing/paired-item.ts';
import { type HarmRule, type HarmSum, type KnownAnswers, lostAnswers, nearTiesOf } from '../sequential/harm-rule.ts';
import { levelOfLoss } from '../tests/graded-losses.ts';
import { answersToSpare } from '../tests/levels.ts';
import { ITEMS_OF_FORM } from '../tests/losses.ts';

/** Not reaching the baseline's level, with a significant loss there: by luck alone, families at the edge would fall. */
export const levelLostCheck = { find, harm } satisfies Check;

/**
 * Share of the policy's `alpha` for another look at the same answers. None of 400 simulated pairs of equals at the edge
 * of guessing lost a level; with all of `alpha`, 1% did (test/compare/tests/levels.shared.slow.test.ts).
 */
const SHARE_OF_ALPHA = 0.2;

export function alphaOfLevels(policy: ProbePolicy): number {
  return SHARE_OF_ALPHA * policy['twin-accuracy'].alpha;
}

function find({ probes, policy }: ComparisonContext): Finding[] {
  if (probes.kind !== 'paired') return [];
  const { level } = policy['twin-accuracy'];
  return probes.evaluation.levels.flatMap(({ family, count, reached, p, lost, won, facts }): Finding[] => {
    const { baseline, candidate } = reached;
    if (baseline === null || candidate >= baseline || p === null || p >= alphaOfLevels(policy)) return [];
    const itemsOf = ITEMS_OF_FORM.both;
    const items = facts.reduce((sum, fact) => sum + itemsOf(fact).length, 0);
    const own = levelOfLoss(level, { facts, itemsOf, drop: (lost - won) / items, limit: 0, reach: 'family' }, policy);
    return [{ kind: 'level-lost', level: own, family, count, candidate, baseline, lost, won, p }];
  });
}

function harm({ evaluation: { levels } }: KnownAnswers, policy: ProbePolicy): HarmRule[] {
  return levels.flatMap(({ family, reached, facts }): HarmRule[] => {
    if (reached.baseline === 0 || reached.baseline === null) return [];
    const [exam, twin] = [lostAnswers('benchmark', facts), lostAnswers('twin', facts)];
    const units = exam.units + twin.units;
    return [
      {
        of: { kind: 'level-lost', family },
        isPart: true,
        facts,
        harm: (fact) => exam.harm(fact) + twin.harm(fact),
        units,
        most: exam.most + twin.most,
        least: 1,
        alpha: alphaOfLevels(policy) / levels.length,
        // Any other family may be significant without a loss.
        loosest: alphaOfLevels(policy),
        needs: missesOf(facts),
        nearTies: nearTiesOf({ facts, units }, { itemsOf: ITEMS_OF_FORM.both, limit: 0, reach: 'family' }, policy),
      },
    ];
  });
}

/** Any loss above a number. */
const ABOVE = 1e-6;

/** A level is lost if one of the two forms falls to guessing. */
function missesOf(facts: readonly PairedFact[]): HarmSum[] {
  const withTwins = facts.filter(({ twins }) => twins.length > 0);
  const spare = answersToSpare(withTwins);
  const misses = (form: JudgedForm, harm: HarmSum['harm']): HarmSum => ({
    facts: withTwins,
    harm,
    units: withTwins.length,
    most: 1,
    least: spare[form] + ABOVE,
    alpha: null,
    loosest: null,
  });
  return [
    misses('benchmark', lostAnswers('benchmark', withTwins).harm),
    misses('twin', ({ twins }) => -sumOfChanges(twins) / twins.length),
  ];
}
