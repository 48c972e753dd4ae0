import { symmetricEigenvalues } from '../eigenvalues.ts';
import type { Basis } from './basis.ts';
import { at } from './small-matrix.ts';

/** Sums of the k largest eigenvalues of S. */
export interface TopBounds {
  low(k: number): number;
  high(k: number): number;
}

/** Sum of the k largest of a falling list and `copies` times the same number. */
export function topSum(values: Float64Array, k: number, rest: number, copies: number): number {
  let sum = 0;
  let taken = 0;
  for (let i = 0; i < k; i += 1) {
    const value = at(values, i - taken);
    const isRest = taken < copies && !(value > rest);
    sum += isRest ? rest : value;
    if (isRest) taken += 1;
  }
  return sum;
}

/**
 * With S = [T Cᵀ; C S₂₂] in a basis and its complement: the eigenvalues of T, and an average of S₂₂ for each direction
 * beyond them, lie below (Ky Fan 1949). S ⪯ [T Cᵀ; C μ] for the ceiling μ of S₂₂, so that the eigenvalues of the latter
 * lie above, one by one (Weyl). C reaches only the next block of the process.
 * @param ritz eigenvalues of T, largest first
 * @param trace Tr S
 */
export function topBounds(basis: Basis, ritz: Float64Array, ceiling: number, trace: number): TopBounds {
  const above = basis.isComplete ? ritz : extended(basis, ceiling);
  const left = basis.operator.size - basis.size;
  const inside = ritz.reduce((sum, value) => sum + value, 0);
  const average = left > 0 ? Math.max(0, trace - inside) / left : 0;
  const low = (k: number) => topSum(ritz, k, average, left);
  const high = (k: number) => topSum(above, k, ceiling, basis.operator.size - above.length);
  return { low, high: (k) => Math.max(low(k), Math.min(high(k), trace)) };
}

/** Eigenvalues of [T Cᵀ; C μ]. */
function extended(basis: Basis, ceiling: number): Float64Array {
  const { size, link } = basis;
  const t = basis.matrix();
  const b = Math.sqrt(link.length);
  const n = size + b;
  const matrix = new Float64Array(n * n);
  for (let i = 0; i < size; i += 1) matrix.set(t.subarray(i * size, (i + 1) * size), i * n);
  // Only the lower triangle is read.
  for (let i = 0; i < b; i += 1) {
    matrix[(size + i) * n + size + i] = ceiling;
    for (let j = 0; j < b; j += 1) matrix[(size + i) * n + size - b + j] = at(link, j * b + i);
  }
  return symmetricEigenvalues(matrix, n);
}
