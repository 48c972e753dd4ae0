import { symmetricEigenvalues } from '../eigenvalues.ts';
import { bandStride } from '../exact/band-reduction.ts';
import { chaseBulges } from '../exact/bulge-chasing.ts';
import { rootFreeQL } from '../root-free-ql.ts';
import { unchecked } from '../unchecked.ts';

/** Largest norm, relative to the largest eigenvalue, of the entries of a row outside the band that are dropped. */
const NEGLIGIBLE = 1e-6;

/** Added to the diagonal, relative to its largest entry, so that a matrix semidefinite up to rounding is definite. */
const SHIFT = 1e-5;

/**
 * The eigenvalues of a symmetric matrix T ⪰ 0 whose entries are within `width` of the diagonal, up to rounding, as in
 * block Lanczos: the squares of the singular values of its Cholesky factor, which is an upper band. A matrix that is
 * not such a band is treated as dense. Absolute error ≈ n·ε·|λ|max.
 * @param t [n, n] row-major; only the lower triangle is read; overwritten
 * @returns n eigenvalues, largest first
 */
export function bandEigenvalues(t: Float64Array, n: number, width: number): Float64Array {
  const shift = SHIFT * largestDiagonal(t, n);
  const entries = isBand(t, n, width) ? bandFactor(t, n, width, shift) : null;
  if (!entries) return symmetricEigenvalues(t, n);
  const { diagonal, superdiagonal } = chaseBulges({ entries, size: n, width });
  // Rᵀ·R for what is left of the factor: bidiagonal, so the product is tridiagonal.
  const coupling = new Float64Array(n);
  for (let i = n - 1; i > 0; i -= 1) {
    coupling[i] = unchecked(diagonal, i - 1) * unchecked(superdiagonal, i - 1);
    diagonal[i] = unchecked(diagonal, i) ** 2 + unchecked(superdiagonal, i - 1) ** 2;
  }
  diagonal[0] = unchecked(diagonal, 0) ** 2;
  rootFreeQL(diagonal, coupling);
  const values = diagonal.map((value) => value - shift);
  return values.sort().reverse();
}

/** A lower bound of the largest eigenvalue of T ⪰ 0. */
function largestDiagonal(t: Float64Array, n: number): number {
  let largest = 0;
  for (let i = 0; i < n; i += 1) largest = Math.max(largest, unchecked(t, i * n + i));
  return largest;
}

/** Rounding leaves small entries outside the band; a loss of orthogonality leaves large ones in a few rows. */
function isBand(t: Float64Array, n: number, width: number): boolean {
  const negligible = (NEGLIGIBLE * largestDiagonal(t, n)) ** 2;
  for (let i = width + 1; i < n; i += 1) {
    let dropped = 0;
    for (let k = i * n; k < i * n + i - width; k += 1) dropped += unchecked(t, k) ** 2;
    if (dropped > negligible) return false;
  }
  return true;
}

/** R with Rᵀ·R = T + shift·I, an upper band; null if that is not positive definite. */
function bandFactor(t: Float64Array, n: number, width: number, shift: number): Float64Array | null {
  const stride = bandStride(width);
  const r = new Float64Array(n * stride);
  for (let i = 0; i < n; i += 1) {
    const first = Math.max(0, i - width);
    const row = i * n;
    // Column i of R from the top: R[k, i] is at k·stride + i − k + width.
    for (let j = first; j <= i; j += 1) {
      let sum = unchecked(t, row + j) + (i === j ? shift : 0);
      for (let k = first; k < j; k += 1)
        sum -= unchecked(r, k * (stride - 1) + i + width) * unchecked(r, k * (stride - 1) + j + width);
      if (i === j && !(sum > 0)) return null;
      r[j * (stride - 1) + i + width] = i === j ? Math.sqrt(sum) : sum / unchecked(r, j * (stride - 1) + j + width);
    }
  }
  return r;
}
