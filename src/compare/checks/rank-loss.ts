import type { ComparisonContext } from '../context.ts';
import type { Finding } from '../finding.ts';

/** Matrices whose rank is below the baseline's. Without a baseline: matrices of zeros. */
export function rankLoss({ policy, weights, candidate: { tensors } }: ComparisonContext): Finding[] {
  const { level } = policy['rank-loss'];
  const lost = weights.flatMap(({ name, candidate, baseline }): Finding[] => {
    // Fast spectra have no rank.
    if (candidate.rank === null || baseline?.rank === null || candidate.rank >= (baseline?.rank ?? 1)) return [];
    return [{ kind: 'rank-loss', level, tensor: name, candidate: candidate.rank, baseline: baseline?.rank ?? null }];
  });
  // Without this a reader would take silence for proof that no rank was lost.
  const fast = tensors.filter(({ of, method }) => of === 'weight' && method === 'fast');
  const [example] = fast;
  if (!example || level === 'info') return lost;
  return [...lost, { kind: 'rank-not-checked', level: 'info', example: example.name, matrices: fast.length }];
}
