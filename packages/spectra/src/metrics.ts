import { at } from '@shadow-gate/platform';
import type { ExactMetrics } from './metrics-schema.ts';
import { fitPowerLaw } from './power-law.ts';

/** Values below this share of σ₁ count as zero: a float64 Gram matrix leaves about 10⁻⁸·√M of noise. */
const RANK_TOLERANCE = 1e-6;

/**
 * A single small σ, computed to full precision, is zero below this share. Its singular vector is known to about
 * ε·σ₁²/σ² of the next σ, which leaves up to 10⁻¹⁰ σ₁ in place of zero.
 */
const SINGLE_TOLERANCE = 1e-9;

/**
 * The number of σ below 10⁻⁶ σ₁. Two or more never happen by chance (small singular values repel each other), but a
 * healthy square matrix may have one, so a single one must be exact to count.
 */
function rankDeficiency(relative: Float64Array, isSmallestExact: boolean): number {
  const small = relative.filter((sigma) => sigma <= RANK_TOLERANCE).length;
  const isChance = small === 1 && isSmallestExact && at(relative, relative.length - 1) > SINGLE_TOLERANCE;
  return isChance ? 0 : small;
}

/** Weaker directions, relative to σ₁, come and go with weight decay and the seed (docs/lab-notes/decisions/003). */
export const STRONG = 1e-2;

/**
 * An upper bound of the rounding noise, and the number of σ above it. A matrix of low rank in 16 bits has no σ of zero:
 * rounding adds noise, with a spectral norm of about s·(√m + √n) for errors of standard deviation s.
 * @param rounding the largest relative standard deviation of an entry's rounding error
 */
function aboveRounding(rank: number, relative: Float64Array, [m, n]: readonly [number, number], rounding: number) {
  const frobenius = Math.sqrt(sum(relative.map((sigma) => sigma * sigma)));
  const roundingLimit = rounding * frobenius * (1 / Math.sqrt(m) + 1 / Math.sqrt(n));
  return {
    rankAboveRounding: Math.min(rank, relative.filter((sigma) => sigma > roundingLimit).length),
    roundingLimit,
  };
}

/** Is exactly one singular value so small that the Gram matrix cannot distinguish it from zero? */
export function needsExactSmallest(singularValues: Float64Array): boolean {
  const [largest = 0] = singularValues;
  const limit = RANK_TOLERANCE * largest;
  return limit > 0 && singularValues.filter((sigma) => sigma <= limit).length === 1;
}

interface SpectralOptions {
  /** See `rankDeficiency`; false by default. */
  readonly isSmallestExact?: boolean;
  /** See `aboveRounding`; without it, its metrics are missing. */
  readonly rounding?: number;
}

/**
 * The metrics of one spectrum. With energies eᵢ = σᵢ², pᵢ = eᵢ/Σe and qᵢ = σᵢ/Σσ: stable rank Σe/e₁; participation
 * ratio (Σe)²/Σe²; effective rank exp(−Σ pᵢ ln pᵢ); Roy & Vetterli's effective rank (2007) exp(−Σ qᵢ ln qᵢ); top-k
 * energy Σ_{i≤k} pᵢ. They are in order: stable rank ≤ participation ratio ≤ effective rank ≤ rank.
 * @param singularValues all min(m, n) of them, largest first
 * @returns null for a matrix of zeros, which has no energy shares
 */
export function spectralMetrics(
  singularValues: Float64Array,
  shape: readonly [number, number],
  { isSmallestExact = false, rounding }: SpectralOptions = {},
): ExactMetrics | null {
  const [m, n] = shape;
  const M = singularValues.length;
  const [largest = 0] = singularValues;
  if (largest === 0) return null;
  // In units of σ₁: squares and fourth powers stay in the range of float64.
  const relative = singularValues.map((sigma) => sigma / largest);
  const energies = relative.map((sigma) => sigma * sigma);
  const total = sum(energies);
  const participationRatio = (total * total) / sum(energies.map((energy) => energy * energy));
  // Without the values that count as zero, which are noise.
  const fit = fitPowerLaw(energies.filter((energy) => energy > RANK_TOLERANCE ** 2));
  const rank = M - rankDeficiency(relative, isSmallestExact);
  const top = (k: number) => Math.min(1, sum(energies.subarray(0, Math.min(M, Math.max(1, k)))) / total);
  return {
    frobeniusNorm: largest * Math.sqrt(total),
    spectralNorm: largest,
    stableRank: total,
    participationRatio,
    participationRatioToNull: participationRatio * (1 / m + 1 / n),
    effectiveRank: Math.exp(entropy(energies, total)),
    effectiveRankRV: Math.exp(entropy(relative, sum(relative))),
    rank,
    'rankAt1e-2': relative.filter((sigma) => sigma > STRONG).length,
    ...(rounding === undefined ? {} : aboveRounding(rank, relative, shape, rounding)),
    topEnergy: {
      '1': top(1),
      '8': top(8),
      '1%': top(percentToCount(M, 1)),
      '5%': top(percentToCount(M, 5)),
    },
    alpha: fit?.alpha ?? null,
    alphaD: fit?.distance ?? null,
    alphaTail: fit?.tail ?? null,
  };
}

/** ⌈percent · M / 100⌉, computed in integers: 0.05 · 20 is a little over 1 in binary. */
export function percentToCount(M: number, percent: number): number {
  return Math.ceil((percent * M) / 100);
}

function entropy(values: Float64Array, total: number): number {
  let result = 0;
  for (const value of values) {
    const share = value / total;
    if (share > 0) result -= share * Math.log(share);
  }
  return result;
}

/** Smallest first, so that a long tail is not lost in rounding. */
function sum(values: Float64Array): number {
  let total = 0;
  for (let i = values.length - 1; i >= 0; i -= 1) total += at(values, i);
  return total;
}

/** Number of points of a profile: enough for a sparkline. */
const PROFILE_POINTS = 24;

/** Evenly spaced ranks among M singular values, first and last included, counted from 0. */
export function profileRanks(M: number): number[] {
  const points = Math.min(PROFILE_POINTS, M);
  return Array.from({ length: points }, (_, i) => (points === 1 ? 0 : Math.round((i * (M - 1)) / (points - 1))));
}

/** σ/σ₁ at evenly spaced ranks. Empty if there are no singular values, or all are zero. */
export function spectrumProfile(singularValues: Float64Array): number[] {
  const [largest = 0] = singularValues;
  if (largest === 0) return [];
  return profileRanks(singularValues.length).map((rank) => at(singularValues, rank) / largest);
}
