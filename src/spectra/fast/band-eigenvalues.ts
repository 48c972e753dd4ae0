import { symmetricEigenvalues } from '../eigenvalues.ts';
import { bandStride } from '../exact/band-reduction.ts';
import { bandValues } from '../exact/bidiagonal-values.ts';
import { at } from '../unchecked.ts';

/** A row's entries outside of the band are dropped up to this norm, relative to the largest eigenvalue. */
const NEGLIGIBLE = 1e-6;

/** What makes a matrix that is positive semidefinite up to rounding definite, relative to the largest entry. */
const SHIFT = 1e-5;

/**
 * The eigenvalues of a symmetric matrix T ⪰ 0 that has its entries within `width` of the diagonal, up to rounding, as that
 * of a block Lanczos process has: the squares of the singular values of its Cholesky factor, which is an upper band. Where
 * that does not hold, those of the dense matrix.
 *
 * @param t [n, n] row-major; only the lower triangle is read; overwritten
 * @returns n eigenvalues, largest first
 */
export function bandEigenvalues(t: Float64Array, n: number, width: number): Float64Array {
  const shift = SHIFT * largestDiagonal(t, n);
  const entries = isBand(t, n, width) ? bandFactor(t, n, width, shift) : null;
  if (!entries) return symmetricEigenvalues(t, n);
  return bandValues({ entries, size: n, width }).map((sigma) => sigma * sigma - shift);
}

/** The largest eigenvalue of T ⪰ 0 is no smaller. */
function largestDiagonal(t: Float64Array, n: number): number {
  let largest = 0;
  for (let i = 0; i < n; i += 1) largest = Math.max(largest, at(t, i * n + i));
  return largest;
}

/** Rounding leaves a little of everything outside of the band; a chain that lost its way leaves much in few rows. */
function isBand(t: Float64Array, n: number, width: number): boolean {
  const negligible = (NEGLIGIBLE * largestDiagonal(t, n)) ** 2;
  for (let i = width + 1; i < n; i += 1) {
    let dropped = 0;
    for (let k = i * n; k < i * n + i - width; k += 1) dropped += at(t, k) ** 2;
    if (dropped > negligible) return false;
  }
  return true;
}

/**
 * R with Rᵀ·R = T + shift·I, an upper band.
 * @returns null where that is not positive definite
 */
function bandFactor(t: Float64Array, n: number, width: number, shift: number): Float64Array | null {
  const stride = bandStride(width);
  const r = new Float64Array(n * stride);
  for (let i = 0; i < n; i += 1) {
    const first = Math.max(0, i - width);
    const row = i * n;
    // Column i of R from the top: R[k, i] is at k·stride + i − k + width.
    for (let j = first; j <= i; j += 1) {
      let sum = at(t, row + j) + (i === j ? shift : 0);
      for (let k = first; k < j; k += 1)
        sum -= at(r, k * (stride - 1) + i + width) * at(r, k * (stride - 1) + j + width);
      if (i === j && !(sum > 0)) return null;
      r[j * (stride - 1) + i + width] = i === j ? Math.sqrt(sum) : sum / at(r, j * (stride - 1) + j + width);
    }
  }
  return r;
}
