import type { ComparisonContext } from '../check.ts';
import type { Finding } from '../finding.ts';
import { daysBetween } from '../verdict/exceptions.ts';

export function missingBaselineCheck({ baseline, baselinePath, policy }: ComparisonContext): Finding[] {
  if (baseline) return [];
  const level = policy['on-missing-baseline'];
  return [{ kind: 'missing-baseline', level: level === 'pass' ? 'info' : level, path: baselinePath }];
}

/** The baseline was measured too long before the candidate. A comparison has no clock of its own. */
export function staleBaselineCheck({ baseline, candidate, policy }: ComparisonContext): Finding[] {
  const limit = policy['baseline-max-age'];
  if (baseline === null || limit === undefined) return [];
  const days = daysBetween(baseline.run.time, candidate.run.time);
  // NaN, for a time that cannot be read, goes on.
  if (days <= limit) return [];
  return [{ kind: 'stale-baseline', level: 'warn', days: Number.isNaN(days) ? null : Math.floor(days), limit }];
}

export function comparabilityCheck({ comparability: { findings } }: ComparisonContext): Finding[] {
  return [...findings];
}

/** The change under test touches its own judges. */
export function changedInputsCheck({ changes }: ComparisonContext): Finding[] {
  return changes.map((change) => ({ kind: 'changed-input', ...change }));
}
