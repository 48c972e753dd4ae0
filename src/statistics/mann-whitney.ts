import { normalCdf } from './distributions.ts';
import { doubledRanks } from './wilcoxon.ts';

interface MannWhitney {
  /** P(X > Y) + P(X = Y) / 2, from all pairs: U ÷ (m · n). */
  readonly auc: number;
  /** One-sided, that X tends to be larger. */
  readonly p: number;
}

/** Up to this many values the distribution is counted out. */
const MAX_EXACT = 60;

/**
 * Rank-sum test that the values of one sample tend to be above those of another (Mann & Whitney 1947, "On a test of
 * whether one of two random variables is stochastically larger than the other"). Up to 60 values in all, p is the exact
 * share of all assignments of the ranks, given the ties; above, the normal approximation with the variance for ties
 * (Lehmann 1975, Nonparametrics, §1.4) and the correction for continuity.
 * @throws RangeError for an empty sample
 */
export function mannWhitney(sample: readonly number[], other: readonly number[]): MannWhitney {
  const [m, n] = [sample.length, other.length];
  if (m === 0 || n === 0) throw new RangeError('a sample is empty');
  const ranks = doubledRanks([...sample, ...other]);
  const doubledSum = ranks.slice(0, m).reduce((sum, rank) => sum + rank, 0);
  const u = doubledSum / 2 - (m * (m + 1)) / 2;
  const p = m + n <= MAX_EXACT ? exactUpperTail(ranks, m, doubledSum) : normalUpperTail(ranks, { m, n, u });
  return { auc: u / (m * n), p };
}

/** The share of all choices of m ranks whose sum is at least as high. */
function exactUpperTail(ranks: readonly number[], m: number, observed: number): number {
  const total = ranks.reduce((sum, rank) => sum + rank, 0);
  // Choices of k of the ranks so far, by their sum. C(60, 30) is below 2^57: only last digits of counts are rounded.
  const choices = Array.from({ length: m + 1 }, () => new Float64Array(total + 1));
  const none = choices[0];
  if (none) none[0] = 1;
  for (const rank of ranks) {
    for (let k = m; k >= 1; k -= 1) {
      const [fewer, own] = [choices[k - 1], choices[k]];
      if (!fewer || !own) continue;
      for (let sum = total; sum >= rank; sum -= 1) own[sum] = (own[sum] ?? 0) + (fewer[sum - rank] ?? 0);
    }
  }
  const all = choices[m] ?? new Float64Array();
  const count = (part: Float64Array) => part.reduce((sum, value) => sum + value, 0);
  return count(all.subarray(observed)) / count(all);
}

function normalUpperTail(
  ranks: readonly number[],
  { m, n, u }: { readonly m: number; readonly n: number; readonly u: number },
): number {
  const all = m + n;
  const sizes = new Map<number, number>();
  for (const rank of ranks) sizes.set(rank, (sizes.get(rank) ?? 0) + 1);
  const ties = [...sizes.values()].reduce((sum, t) => sum + t ** 3 - t, 0);
  const variance = ((m * n) / 12) * (all + 1 - ties / (all * (all - 1)));
  if (variance <= 0) return 1;
  return normalCdf(((m * n) / 2 + 0.5 - u) / Math.sqrt(variance));
}
