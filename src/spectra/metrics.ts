import type { ExactMetrics } from './metrics-schema.ts';
import { fitPowerLaw } from './power-law.ts';

/** The Gram product in float64 leaves about 10⁻⁸·√M of noise where the true σ is zero. */
const LOST_TOLERANCE = 1e-6;

/**
 * For one single σ that small, after its direction was found: below this it is zero. The direction is known to about
 * ε·σ₁²/σ² of the one before it, which leaves up to 10⁻¹⁰ σ₁ where the true value is zero.
 */
const LOST_SINGLE_TOLERANCE = 1e-9;

/**
 * How many directions a matrix has lost: σ below 10⁻⁶ σ₁. Two or more of them never happen by chance (small singular
 * values repel each other), but one does in a healthy square matrix, so a single one must be exact to count.
 * @param isExact the smallest singular value has full precision, not that of the Gram matrix
 */
function lostDirections(relative: Float64Array, isExact: boolean): number {
  const lost = relative.filter((sigma) => sigma <= LOST_TOLERANCE).length;
  const isChance = lost === 1 && isExact && (relative[relative.length - 1] ?? 0) > LOST_SINGLE_TOLERANCE;
  return isChance ? 0 : lost;
}

/** Is exactly one singular value so small that the Gram matrix cannot tell it from zero? */
export function needsExactSmallest(singularValues: Float64Array): boolean {
  const limit = LOST_TOLERANCE * (singularValues[0] ?? 0);
  return limit > 0 && singularValues.filter((sigma) => sigma <= limit).length === 1;
}

/**
 * The metrics of one spectrum.
 * With energies eᵢ = σᵢ², pᵢ = eᵢ/Σe and qᵢ = σᵢ/Σσ:
 * stable rank Σe/e₁; participation ratio (Σe)²/Σe²; effective rank exp(−Σ pᵢ ln pᵢ);
 * Roy & Vetterli's effective rank (2007) exp(−Σ qᵢ ln qᵢ); top-k energy Σ_{i≤k} pᵢ.
 * They are ordered: stable rank ≤ participation ratio ≤ effective rank ≤ rank.
 *
 * @param singularValues all min(m, n) of them, largest first
 * @param shape [m, n]
 * @param isSmallestExact see `lostDirections`
 * @returns null for a matrix of zeros, which has no shares
 */
export function spectralMetrics(
  singularValues: Float64Array,
  shape: readonly [number, number],
  { isSmallestExact = false }: { isSmallestExact?: boolean } = {},
): ExactMetrics | null {
  const [m, n] = shape;
  const M = singularValues.length;
  const largest = singularValues[0] ?? 0;
  if (largest === 0) return null;
  // In units of σ₁: neither squares nor fourth powers leave the range of float64.
  const relative = singularValues.map((sigma) => sigma / largest);
  const energies = relative.map((sigma) => sigma * sigma);
  const total = sum(energies);
  const participationRatio = (total * total) / sum(energies.map((energy) => energy * energy));
  // Not to the noise where directions are lost.
  const fit = fitPowerLaw(energies.filter((energy) => energy > LOST_TOLERANCE ** 2));
  const top = (k: number) => Math.min(1, sum(energies.subarray(0, Math.min(M, Math.max(1, k)))) / total);
  return {
    frobeniusNorm: largest * Math.sqrt(total),
    spectralNorm: largest,
    stableRank: total,
    participationRatio,
    participationRatioToNull: participationRatio * (1 / m + 1 / n),
    effectiveRank: Math.exp(entropy(energies, total)),
    effectiveRankRV: Math.exp(entropy(relative, sum(relative))),
    rank: M - lostDirections(relative, isSmallestExact),
    topEnergy: {
      '1': top(1),
      '8': top(8),
      '1%': top(shareOf(M, 1)),
      '5%': top(shareOf(M, 5)),
    },
    alpha: fit?.alpha ?? null,
    alphaD: fit?.distance ?? null,
    alphaTail: fit?.tail ?? null,
  };
}

/** ⌈percent · M / 100⌉ in whole numbers: 0.05 · 20 is a little over 1 in binary. */
function shareOf(M: number, percent: number): number {
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

/** Smallest first, so that a long tail is not lost against the head. */
function sum(values: Float64Array): number {
  let total = 0;
  for (let i = values.length - 1; i >= 0; i -= 1) total += values[i] ?? 0;
  return total;
}

/** Number of points of a stored spectrum: enough for a sparkline. */
const SPECTRUM_POINTS = 24;

/** σ/σ₁ at evenly spaced ranks, first and last included. */
export function spectrumProfile(singularValues: Float64Array): number[] {
  const M = singularValues.length;
  const largest = singularValues[0] ?? 0;
  if (largest === 0) return [];
  const points = Math.min(SPECTRUM_POINTS, M);
  return Array.from({ length: points }, (_, i) => {
    const rank = points === 1 ? 0 : Math.round((i * (M - 1)) / (points - 1));
    return (singularValues[rank] ?? 0) / largest;
  });
}
