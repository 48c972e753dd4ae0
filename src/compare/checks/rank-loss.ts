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
  if (level === 'info') return lost;
  // Silence would be taken for proof that no rank was lost. Where the baseline has a rank to lose, it is not even a remark.
  const fast = tensors.filter(({ of, method }) => of === 'weight' && method === 'fast').map(({ name }) => name);
  const unknown = weights.filter(
    ({ candidate, baseline }) => candidate.rank === null && (baseline?.rank ?? null) !== null,
  );
  const names = unknown.length > 0 ? unknown.map(({ name }) => name) : fast;
  const [example] = names;
  if (example === undefined) return lost;
  const weight = unknown.length > 0 ? 'inconclusive' : 'info';
  return [...lost, { kind: 'rank-not-checked', level: weight, example, matrices: names.length }];
}
