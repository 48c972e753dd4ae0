import { exactSignFlip } from './sign-flip.ts';

/**
 * Exact one-sided signed-rank test that differences tend to be above zero (Wilcoxon 1945, "Individual comparisons by
 * ranking methods"): the share of all 2ⁿ sign assignments of the ranks of |dᵢ| whose sum is no lower than the observed
 * one. Differences of 0 are left out, as by Wilcoxon; equal ones share the mean of their ranks, and the test stays
 * exact given the ties. It is the sign-flip test of the ranks, which are doubled to be integers. 1 if there are no
 * differences.
 */
export function wilcoxonSignedRank(differences: readonly number[]): number {
  const changed = differences.filter((difference) => difference !== 0);
  const ranks = doubledRanks(changed.map(Math.abs));
  return exactSignFlip(changed.map((difference, i) => (difference > 0 ? -1 : 1) * (ranks[i] ?? 0)));
}

/** Twice the rank of each value from 1, of equal values twice the mean of their ranks: integers. */
export function doubledRanks(values: readonly number[]): number[] {
  const order = values.map((_, i) => i).sort((a, b) => (values[a] ?? 0) - (values[b] ?? 0));
  const ranks = new Array<number>(values.length).fill(0);
  for (let start = 0; start < order.length; ) {
    let end = start + 1;
    while (end < order.length && values[order[end] ?? 0] === values[order[start] ?? 0]) end += 1;
    // Ranks start + 1 … end have the mean (start + 1 + end) / 2.
    for (const index of order.slice(start, end)) ranks[index] = start + 1 + end;
    start = end;
  }
  return ranks;
}
