import type { Policy } from '../../policy/policy.ts';
import type { Reason } from '../finding.ts';
import type { WeightPair } from '../metric-pair.ts';

/** Matrices that lost directions which the baseline has. Without a baseline: matrices of zeros. */
export function findRankLoss(policy: Policy, weights: readonly WeightPair[]): Reason[] {
  return weights.flatMap(({ name, candidate, baseline }): Reason[] => {
    // What was measured fast has no rank.
    if (candidate.rank === null || baseline?.rank === null || candidate.rank >= (baseline?.rank ?? 1)) return [];
    const message = baseline
      ? `${name}: its rank fell from ${baseline.rank} to ${candidate.rank}`
      : `${name}: all its weights are zero`;
    return [
      {
        level: policy['rank-loss'].level,
        rule: 'rank-loss',
        metric: 'rank',
        of: 'weight',
        place: name,
        candidate: candidate.rank,
        baseline: baseline?.rank ?? null,
        tolerance: { absolute: 0 },
        message,
      },
    ];
  });
}
