import { betaQuantile } from './distributions.ts';

interface ClusteredProportion {
  /** Right answers ÷ all. */
  share: number;
  lower: number;
  upper: number;
}

/**
 * Interval of a proportion of answers that come in clusters, such as the twins of one fact (Korn & Graubard 1998,
 * Survey Methodology 24:193): the exact interval of Clopper & Pearson (1934), with the effective number of answers n ÷
 * (design effect) in place of n, and its limits as quantiles of beta distributions, since that need not be an integer.
 * Where each cluster has one answer, it is {@link clopperPearson}. The design effect is Kish's (1965), at least 1, and
 * computed with one extra cluster of the usual size whose answers are all alike: where all answers are right, none of
 * them carries information about it.
 * @param clusters for each, whether its answers are right
 * @param level two-sided, such as .95
 * @returns null without answers
 */
export function kornGraubard(clusters: readonly (readonly boolean[])[], level: number): ClusteredProportion | null {
  const own = clusters.filter(({ length }) => length > 0);
  const n = sum(own.map(({ length }) => length));
  if (n === 0) return null;
  const share = sum(own.map(countRight)) / n;
  const effective = n / designEffect(own, share, n);
  return { share, ...exactInterval({ right: share * effective, n: effective, level }) };
}

/**
 * The interval of {@link clopperPearson} as quantiles of beta distributions: for numbers that need not be integers, in
 * a time that does not depend on them.
 * @param count.n above 0
 */
export function exactInterval(count: { readonly right: number; readonly n: number; readonly level: number }): {
  lower: number;
  upper: number;
} {
  const { right, n, level } = count;
  const tail = (1 - level) / 2;
  return {
    lower: right <= 0 ? 0 : betaQuantile(tail, right, n - right + 1),
    upper: right >= n ? 1 : betaQuantile(1 - tail, right + 1, n - right),
  };
}

/** The variance of the share over clusters, relative to that of as many answers without clusters. */
function designEffect(clusters: readonly (readonly boolean[])[], share: number, n: number): number {
  if (n === clusters.length) return 1;
  const usual = n / clusters.length;
  // That of a proportion which is neither 0 nor 1 (Agresti & Coull 1998 add as many).
  const likely = (share * n + 2) / (n + 4);
  const variance = likely * (1 - likely);
  const together = sum(clusters.map((own) => (countRight(own) - share * own.length) ** 2)) + usual ** 2 * variance;
  const apart = n * share * (1 - share) + usual * variance;
  return Math.max(1, together / apart);
}

function countRight(cluster: readonly boolean[]): number {
  return cluster.filter(Boolean).length;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
