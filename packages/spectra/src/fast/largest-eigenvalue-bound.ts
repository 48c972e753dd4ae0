import { at } from '@shadow-gate/platform';
import { symmetricEigenvalues } from '../eigenvalues.ts';
import { unchecked } from '../unchecked.ts';
import { cholesky, invertLower, multiplyMatrices, transpose } from './small-matrix.ts';

/**
 * A block Lanczos process. From the rows Ω = B₀·X₁ it computes S·Xⱼ = Bⱼ₋₁ᵀ·Xⱼ₋₁ + Aⱼ·Xⱼ + Bⱼ·Xⱼ₊₁ for blocks Xⱼ of b
 * orthonormal rows, with Aⱼ and Bⱼ of shape [b, b].
 */
export interface BlockLanczos {
  readonly b: number;
  /** A₁, A₂, … */
  readonly diagonal: readonly Float64Array[];
  /** B₀, B₁, …: one more than diagonal blocks, since B₀ couples the start to X₁. */
  readonly offDiagonal: readonly Float64Array[];
}

/** Probability that an upper bound is too low, per matrix. */
const RISK = 1e-9;

/** Relative precision of an upper bound. */
const PRECISION = 1e-3;

/** Below this share of the trivial bound it counts as zero. */
const NEGLIGIBLE = 1e-12;

/**
 * An upper bound of the largest eigenvalue of S, exceeded with a probability of 10⁻⁹ over the Gaussian start Ω.
 *
 * Let S·v = x·v with |v| = 1. Then g = Ω·v is a vector of b independent standard normal numbers. The recurrence of the
 * process expresses yⱼ₊₁ = Xⱼ₊₁·v in terms of g, and |yⱼ₊₁| ≤ |v| = 1 implies |g| ≤ ‖N(x)‖₂ with N(x) =
 * B₀·E₁⁻¹·B₁·E₂⁻¹·… , Eⱼ = x − Aⱼ − Bⱼ₋₁ᵀ·Eⱼ₋₁⁻¹·Bⱼ₋₁. N falls with x beyond the Ritz values. If |g|² ≤ ‖N(x)‖₂² has a
 * probability of at most 10⁻⁹, there is no eigenvalue at x or above. For b = 1 this is the argument of
 * Kuczyński & Woźniakowski (1992, SIAM J. Matrix Anal. Appl. 13(4)), with the polynomial of the process in place of
 * Chebyshev's.
 * @param limit a certain bound, such as the trace
 */
export function largestEigenvalueBound(process: BlockLanczos, limit: number): number {
  if (!isAbove(process, limit)) return limit;
  let low = 0;
  let high = limit;
  while (high - low > PRECISION * high && high > Number.MIN_VALUE) {
    // The bound may be orders of magnitude below the limit.
    const middle = low === 0 ? high / 4 : (low + high) / 2;
    if (isAbove(process, middle)) high = middle;
    else low = middle;
    if (high < NEGLIGIBLE * limit) return high;
  }
  return high;
}

/** Is x above all eigenvalues, except with a probability of 10⁻⁹? */
export function isAbove(process: BlockLanczos, x: number): boolean {
  const norm = squaredNorm(process, x);
  return norm !== null && norm < 2 * (RISK * halfFactorial(process.b)) ** (2 / process.b);
}

/** ‖N(x)‖₂², or null below the largest Ritz value. */
function squaredNorm({ b, diagonal, offDiagonal }: BlockLanczos, x: number): number | null {
  let product = at(offDiagonal, 0);
  let correction: Float64Array = new Float64Array(b * b);
  for (const [j, block] of diagonal.entries()) {
    const e = block.map((value, i) => (i % (b + 1) === 0 ? x : 0) - value - unchecked(correction, i));
    const factor = cholesky(e, b);
    if (!factor) return null;
    const inverseFactor = invertLower(factor, b);
    // E⁻¹·B = F⁻ᵀ·(F⁻¹·B), and Bᵀ·E⁻¹·B is the square of the second factor.
    const half = multiplyMatrices(inverseFactor, at(offDiagonal, j + 1), b);
    const halfTransposed = transpose(half, b);
    correction = multiplyMatrices(halfTransposed, halfTransposed, b, { transposeB: true });
    product = multiplyMatrices(product, multiplyMatrices(transpose(inverseFactor, b), half, b), b);
  }
  if (!product.every(Number.isFinite)) return null;
  return unchecked(symmetricEigenvalues(multiplyMatrices(product, product, b, { transposeB: true }), b), 0);
}

/** Γ(b/2 + 1): P(χ²_b < c) ≤ (c/2)^{b/2} / Γ(b/2 + 1). */
function halfFactorial(b: number): number {
  let result = b % 2 === 0 ? 1 : Math.sqrt(Math.PI) / 2;
  for (let k = b % 2 === 0 ? 2 : 3; k <= b; k += 2) result *= k / 2;
  return result;
}
