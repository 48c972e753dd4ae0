import { unchecked } from './unchecked.ts';

/** A power-law fit to the tail of a spectrum. For information only: it never decides a verdict. */
interface PowerLaw {
  /** Exponent of p(λ) ∝ λ^−α for λ ≥ λ_min. */
  readonly alpha: number;
  /** Kolmogorov–Smirnov distance between the tail and the fit. */
  readonly distance: number;
  /** Number of eigenvalues in the tail. */
  readonly tail: number;
}

/**
 * Fits energies λ = σ² by maximum likelihood, with the cut-off of the smallest Kolmogorov–Smirnov distance. Clauset,
 * Shalizi & Newman 2009, SIAM Review 51(4), eqs. 3.1 and 3.9 (continuous case). Zeros are left out.
 * @returns null for fewer than two distinct positive values
 */
export function fitPowerLaw(energies: ArrayLike<number>): PowerLaw | null {
  const ascending = Float64Array.from(energies)
    .filter((x) => x > 0)
    .sort();
  const n = ascending.length;
  const logs = ascending.map(Math.log);
  /** Sums of the logarithms from i to the end. */
  const tailSums = new Float64Array(n + 1);
  for (let i = n - 1; i >= 0; i -= 1) tailSums[i] = unchecked(tailSums, i + 1) + unchecked(logs, i);
  let best: PowerLaw | null = null;
  for (let first = 0; first < n - 1; first += 1) {
    if (first > 0 && ascending[first] === ascending[first - 1]) continue;
    const tail = n - first;
    const cutOff = unchecked(logs, first);
    const excess = unchecked(tailSums, first) - tail * cutOff;
    if (!(excess > 0)) continue;
    const alpha = 1 + tail / excess;
    const distance = kolmogorovSmirnov(logs, first, alpha, best?.distance ?? Infinity);
    if (distance < (best?.distance ?? Infinity)) best = { alpha, distance, tail };
  }
  return best;
}

/** The largest difference of fitted and empirical distribution over the tail. Stops early once it reaches `limit`. */
function kolmogorovSmirnov(logs: Float64Array, first: number, alpha: number, limit: number): number {
  const tail = logs.length - first;
  const cutOff = unchecked(logs, first);
  let largest = 0;
  for (let i = 0; i < tail && largest < limit; i += 1) {
    const fitted = 1 - Math.exp((1 - alpha) * (unchecked(logs, first + i) - cutOff));
    largest = Math.max(largest, Math.abs(fitted - i / tail));
  }
  return largest;
}
