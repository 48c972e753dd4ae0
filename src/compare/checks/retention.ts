import type { ProbePolicy } from '../../policy/probe-policy.ts';
import type { ComparisonContext } from '../context.ts';
import type { Finding } from '../finding.ts';
import type { ProbeComparison } from '../probes/comparison.ts';

/** Fewer certain answers than this are not enough to judge by: two of seven lost would fail a merge. */
const MIN_CERTAIN = 20;

/** Benchmark forms that the baseline answered with certainty and the candidate gets wrong: forgetting. */
export function retention({ probes, policy }: ComparisonContext): Finding[] {
  if (probes.kind !== 'paired') return [];
  const found = probes.evaluation.comparison.retention;
  const { level, least, bound } = policy.retention;
  if (!found || !isForgetting(found, policy)) return [];
  const { value, certain, kept } = found;
  return [{ kind: 'retention', level, value, certain, kept, least, bound }];
}

/** Too many of enough certain answers are lost. */
export function isForgetting(
  { value, upper, certain }: NonNullable<ProbeComparison['retention']>,
  { retention: { least, bound } }: ProbePolicy,
): boolean {
  return certain >= MIN_CERTAIN && value < least && upper !== null && upper < bound;
}
