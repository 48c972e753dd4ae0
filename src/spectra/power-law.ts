/** A power-law fit to the tail of a spectrum. Information only: it never decides a verdict. */
export interface PowerLaw {
  /** Exponent of p(λ) ∝ λ^−α for λ ≥ λ_min. */
  readonly alpha: number;
  /** Kolmogorov–Smirnov distance between the tail and the fit. */
  readonly distance: number;
  /** Number of eigenvalues in the tail. */
  readonly tail: number;
}

/**
 * Fit by maximum likelihood, with the cut-off that gives the smallest Kolmogorov–Smirnov distance.
 * Clauset, Shalizi & Newman 2009, SIAM Review 51(4), eqs. 3.1 and 3.9 (continuous case).
 * @param energies λ = σ², largest first; zeros are left out
 * @returns null for fewer than two distinct positive values
 */
export function fitPowerLaw(energies: ArrayLike<number>): PowerLaw | null {
  const ascending = Float64Array.from(energies)
    .filter((x) => x > 0)
    .sort();
  const n = ascending.length;
  const logs = ascending.map(Math.log);
  /** Σ of the logarithms from i to the end. */
  const tailSums = new Float64Array(n + 1);
  for (let i = n - 1; i >= 0; i -= 1) tailSums[i] = (tailSums[i + 1] ?? 0) + (logs[i] ?? 0);
  let best: PowerLaw | null = null;
  for (let first = 0; first < n - 1; first += 1) {
    if (first > 0 && ascending[first] === ascending[first - 1]) continue;
    const tail = n - first;
    const cutOff = logs[first] ?? 0;
    const excess = (tailSums[first] ?? 0) - tail * cutOff;
    if (!(excess > 0)) continue;
    const alpha = 1 + tail / excess;
    const distance = kolmogorovSmirnov(logs, first, alpha, best?.distance ?? Infinity);
    if (distance < (best?.distance ?? Infinity)) best = { alpha, distance, tail };
  }
  return best;
}

/** max |fitted − empirical| distribution over the tail; stops early once it is no better than `limit`. */
function kolmogorovSmirnov(logs: Float64Array, first: number, alpha: number, limit: number): number {
  const tail = logs.length - first;
  const cutOff = logs[first] ?? 0;
  let largest = 0;
  for (let i = 0; i < tail && largest < limit; i += 1) {
    const fitted = 1 - Math.exp((1 - alpha) * ((logs[first + i] ?? 0) - cutOff));
    largest = Math.max(largest, Math.abs(fitted - i / tail));
  }
  return largest;
}
