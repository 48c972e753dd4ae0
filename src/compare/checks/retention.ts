import type { ComparisonContext } from '../context.ts';
import type { Finding } from '../finding.ts';

/** Benchmark forms that the baseline answered with certainty and the candidate gets wrong: forgetting. */
export function retention({ probes, policy }: ComparisonContext): Finding[] {
  if (probes.kind !== 'paired') return [];
  const found = probes.evaluation.comparison.retention;
  const { level, least, bound } = policy.retention;
  if (!found || found.value >= least || found.upper === null || found.upper >= bound) return [];
  const { value, certain, kept } = found;
  return [{ kind: 'retention', level, value, certain, kept, least, bound }];
}
