import type { ProbePolicy } from '../../policy/probe-policy.ts';
import type { Check, ComparisonContext } from '../check.ts';
import { describeRetention } from '../estimates/retention.ts';
import type { Finding } from '../finding.ts';
import type { ProbeComparison } from '../rows/probes.ts';
import { type HarmRule, type KnownAnswers, lostAnswers, nearTiesOf } from '../sequential/harm-rule.ts';
import { levelOfLoss } from '../tests/graded-losses.ts';
import { ITEMS_OF_FORM } from '../tests/losses.ts';

/** Forgetting: benchmark forms that the baseline answered with certainty and the candidate gets wrong. */
export const retentionCheck = { find, harm } satisfies Check;

/** With fewer certain answers, two of seven lost would fail a merge. */
const MIN_CERTAIN = 20;

function find({ probes, policy }: ComparisonContext): Finding[] {
  if (probes.kind !== 'paired') return [];
  const { certain: facts, comparison } = probes.evaluation;
  const { level, least, bound } = policy.retention;
  if (!comparison.retention || !isForgetting(comparison.retention, policy)) return [];
  const { value, certain, kept } = comparison.retention;
  const shown = { facts, itemsOf: ITEMS_OF_FORM.benchmark, drop: 1 - value, limit: 1 - least, reach: 'sure' } as const;
  return [{ kind: 'retention', level: levelOfLoss(level, shown, policy), value, certain, kept, least, bound }];
}

function harm({ evaluation: { certain: facts } }: KnownAnswers, policy: ProbePolicy): HarmRule[] {
  const after = (lost: number) => describeRetention({ certain: facts.length, kept: facts.length - lost }, policy);
  const least = facts.findIndex((_, lost) => isForgetting(after(lost), policy));
  if (least < 0) return [];
  const lost = lostAnswers('benchmark', facts);
  const rule = { itemsOf: ITEMS_OF_FORM.benchmark, limit: 1 - policy.retention.least, reach: 'sure' } as const;
  const nearTies = nearTiesOf(lost, rule, policy);
  return [{ of: { kind: 'retention' }, isPart: false, ...lost, least, alpha: null, loosest: null, nearTies }];
}

export function isForgetting(
  { value, upper, certain, units = certain }: NonNullable<ProbeComparison['retention']>,
  { retention: { least, bound } }: ProbePolicy,
): boolean {
  return units >= MIN_CERTAIN && value < least && upper !== null && upper < bound;
}
