import type { ComparisonContext } from '../context.ts';
import type { Finding } from '../finding.ts';

/** There is nothing to compare with. */
export function missingBaselineCheck({ baseline, baselinePath, policy }: ComparisonContext): Finding[] {
  if (baseline) return [];
  const level = policy['on-missing-baseline'];
  return [{ kind: 'missing-baseline', level: level === 'pass' ? 'info' : level, path: baselinePath }];
}

/** Candidate and baseline are not alike. */
export function comparabilityCheck({ comparability: { findings } }: ComparisonContext): Finding[] {
  return [...findings];
}

/** The change under test touches what it is judged by. */
export function changedInputsCheck({ changes }: ComparisonContext): Finding[] {
  return changes.map((change) => ({ kind: 'changed-input', ...change }));
}
