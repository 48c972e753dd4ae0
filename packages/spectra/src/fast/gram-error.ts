import { symmetricEigenvalues } from '../eigenvalues.ts';
import { unchecked } from '../unchecked.ts';
import { gaussian, STREAMS } from './gaussian.ts';

// The error E of a Gram matrix in float32. Bounds from the format and the number of terms are a thousand times too
// wide, and typical errors are not bounds. So E is measured, by float64 products with Gaussian probe vectors.

/** Upper bounds of the norms of an error E, each exceeded with a probability of at most 10⁻⁹. */
export interface GramError {
  /** ‖E‖₂. */
  readonly spectral: number;
  /** ‖E‖_F. */
  readonly frobenius: number;
}

export const NO_ERROR: GramError = { spectral: 0, frobenius: 0 };

/** Gaussian probe vectors: more give tighter bounds. */
export const PROBE_VECTORS = 16;

/** P(χ²₁₆ < c) < 10⁻⁹, from P(χ²_p < c) ≤ (c/2)^{p/2} / Γ(p/2 + 1). */
const LEAST_CHI_SQUARE = 2 * (1e-9 * 40320) ** (1 / 8);

/**
 * P(Σ wᵢ·χ²₁₆ < c) < 10⁻⁹ for any weights wᵢ ≥ 0 of sum 1: by Chernoff it is at most e^{sc}·Π(1 + 2s·wᵢ)⁻⁸ ≤
 * e^{sc}·(1 + 2s)⁻⁸, which is least at 1 + 2s = 16/c: e^{(16 − c)/2}·(c/16)⁸.
 */
const LEAST_WEIGHTED = 0.45;

/** Probe vectors Ω, [n, p] row-major. */
export function errorProbes(n: number): Float64Array {
  return Float64Array.from(gaussian(STREAMS.error, n * PROBE_VECTORS));
}

/**
 * Bounds of E from E·Ω. With a unit vector v where ‖E·v‖ = ‖E‖₂ and E symmetric, vᵀ·E·Ω = ±‖E‖₂·vᵀ·Ω, so
 * ‖E·Ω‖₂ ≥ ‖E‖₂·|Ωᵀ·v|, whose square is χ² with p degrees of freedom; and ‖E·Ω‖_F² = Σ eᵢ²·χ²_p over the eigenvalues.
 * @param products E·Ω, [n, p] row-major
 */
export function errorBounds(products: Float64Array): GramError {
  const gram = innerProducts(products, products);
  let energy = 0;
  for (let i = 0; i < PROBE_VECTORS; i += 1) energy += unchecked(gram, i * PROBE_VECTORS + i);
  if (!Number.isFinite(energy)) return { spectral: Number.POSITIVE_INFINITY, frobenius: Number.POSITIVE_INFINITY };
  const largest = unchecked(symmetricEigenvalues(gram, PROBE_VECTORS), 0);
  const frobenius = Math.sqrt(energy / LEAST_WEIGHTED);
  return { spectral: Math.min(frobenius, Math.sqrt(largest / LEAST_CHI_SQUARE)), frobenius };
}

/** XᵀY of two [n, p], row-major: [p, p]. */
export function innerProducts(x: Float64Array, y: Float64Array): Float64Array {
  const result = new Float64Array(PROBE_VECTORS * PROBE_VECTORS);
  for (let row = 0; row < x.length; row += PROBE_VECTORS) {
    for (let i = 0; i < PROBE_VECTORS; i += 1) {
      const left = unchecked(x, row + i);
      for (let j = 0; j < PROBE_VECTORS; j += 1) {
        result[i * PROBE_VECTORS + j] = unchecked(result, i * PROBE_VECTORS + j) + left * unchecked(y, row + j);
      }
    }
  }
  return result;
}

/** Largest shift of the sum of the k largest eigenvalues: Σ of the k largest |eᵢ| (Ky Fan). */
export function shiftOfSum({ spectral, frobenius }: GramError, k: number): number {
  return Math.min(k * spectral, Math.sqrt(k) * frobenius);
}

/**
 * Largest shift of Tr S·ln S. Eigenvalues move by dᵢ with Σ dᵢ ≤ D = √n·‖E‖_F (Mirsky). x·ln x is convex, so it
 * changes by at most d·max(|ln d|, 1 + ln L) on [0, L], and Σ dᵢ·|ln dᵢ| ≤ D·ln(n/D).
 * @param largest L ≥ 1: no eigenvalue is larger
 */
export function shiftOfEntropy({ frobenius }: GramError, n: number, largest: number): number {
  if (frobenius === 0) return 0;
  const total = Math.sqrt(n) * frobenius;
  return total * (Math.max(1, Math.log(n / total)) + 1 + Math.log(Math.max(1, largest)));
}
