import { standardErrorOfMean } from './descriptive.ts';
import { tQuantile } from './distributions.ts';

export interface MeanInterval {
  mean: number;
  standardError: number;
  lower: number;
  upper: number;
  df: number;
}

/**
 * t interval of a mean over items that come in clusters, such as templates, treating the clusters as a sample of many:
 * the linearized ratio estimator of one-stage cluster sampling (Cochran 1977, Sampling Techniques, §9A; Lohr 1999,
 * §5.2). With the sums tᵢ and sizes mᵢ of G clusters, the mean is r = Σtᵢ / Σmᵢ, which gives every item the same
 * weight, and SE² = G/(G − 1) · Σ(tᵢ − r·mᵢ)² / (Σmᵢ)², with G − 1 degrees of freedom. Clusters of one size give the t
 * interval over their means, clusters of one item the ordinary t interval. With few clusters of very different sizes it
 * is too narrow.
 * @param groups the values of each cluster; clusters without values do not count
 * @param level two-sided, such as .95
 * @returns null for fewer than two clusters
 */
export function clusterInterval(groups: readonly (readonly number[])[], level: number): MeanInterval | null {
  return ratioInterval(
    groups.filter((group) => group.length > 0).map((group) => ({ sum: sum(group), size: group.length })),
    level,
  );
}

/** The standard error of that mean; s/√n if each cluster has one value. Null for fewer than two clusters. */
export function clusteredError(groups: readonly (readonly number[])[]): number | null {
  if (groups.every(({ length }) => length === 1)) return standardErrorOfMean(groups.flat());
  return clusterInterval(groups, LEVEL)?.standardError ?? null;
}

/** Any level: the standard error does not depend on it. */
const LEVEL = 0.95;

/**
 * The interval of a ratio of sums over clusters that each have both sums, such as log-likelihood per byte over texts.
 * @returns null for fewer than two clusters
 */
export function ratioInterval(
  clusters: ReadonlyArray<{ readonly sum: number; readonly size: number }>,
  level: number,
): MeanInterval | null {
  const df = clusters.length - 1;
  if (df < 1) return null;
  const items = sum(clusters.map(({ size }) => size));
  const mean = sum(clusters.map((cluster) => cluster.sum)) / items;
  const squares = sum(clusters.map((cluster) => (cluster.sum - mean * cluster.size) ** 2));
  const standardError = Math.sqrt((clusters.length / df) * squares) / items;
  const half = tQuantile((1 + level) / 2, df) * standardError;
  return { mean, standardError, lower: mean - half, upper: mean + half, df };
}

/**
 * t interval of the difference of two means, x̄ − ȳ, of independent samples whose variances may differ: SE² = SE²ₓ +
 * SE²ᵧ with the degrees of freedom of Welch (1947, Biometrika 34:28) and Satterthwaite. The standard errors may be
 * those over clusters.
 * @param level two-sided, such as .95
 * @returns null if one of the means has no interval
 */
export function welchInterval(x: MeanInterval | null, y: MeanInterval | null, level: number): MeanInterval | null {
  if (!x || !y) return null;
  const [vx, vy] = [x.standardError ** 2, y.standardError ** 2];
  const mean = x.mean - y.mean;
  // Without any variance it makes no difference.
  const df = vx + vy > 0 ? (vx + vy) ** 2 / (vx ** 2 / x.df + vy ** 2 / y.df) : x.df + y.df;
  const standardError = Math.sqrt(vx + vy);
  const half = tQuantile((1 + level) / 2, df) * standardError;
  return { mean, standardError, lower: mean - half, upper: mean + half, df };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
