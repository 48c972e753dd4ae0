import { binomialCdf } from './distributions.ts';

/**
 * Exact one-sided sign test that the median difference is below zero (Arbuthnott 1710; Dixon & Mood 1946): p = P(X ≥
 * below) for X ~ Bin(below + above, ½). Ties carry no information about the direction and are dropped. p = 1 if there
 * are only ties.
 */
export function signTest(differences: readonly number[]): { below: number; above: number; ties: number; p: number } {
  const below = differences.filter((difference) => difference < 0).length;
  const above = differences.filter((difference) => difference > 0).length;
  return { below, above, ties: differences.length - below - above, p: binomialCdf(above, below + above, 0.5) };
}
