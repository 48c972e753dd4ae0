import { at } from '../unchecked.ts';
import { bandEigenvalues } from './band-eigenvalues.ts';
import type { Basis } from './lanczos-basis.ts';

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

/** A block Krylov basis of an operator S with Tr S = n, as far as sums of its eigenvalues need it. */
export interface Krylov {
  /** n, the size of S. */
  readonly size: number;
  /** T, [D, D]. */
  readonly t: Float64Array;
  /** Eigenvalues of T, largest first. */
  readonly ritz: Float64Array;
  /** How the last block of the basis reaches the next one, [b, b]; nothing if there is none. */
  readonly link: Float64Array;
}

/** T of a basis, and its eigenvalues. `block` is the width of its band. */
export function krylovOf(basis: Basis, block: number): Krylov {
  const t = basis.matrix();
  const ritz = bandEigenvalues(t.slice(), basis.size, block).map((value) => Math.max(0, value));
  return { size: basis.operator.size, t, ritz, link: basis.link };
}

/** Mean of the eigenvalues of S beyond those of T: what is left of the trace. */
function averageOf({ size, ritz }: Krylov): number {
  const left = size - ritz.length;
  return left > 0 ? Math.max(0, size - ritz.reduce((sum, value) => sum + value, 0)) / left : 0;
}

/**
 * With S = [T Cᵀ; C S₂₂] in a basis and its complement: the eigenvalues of T, and an average of S₂₂ for each direction
 * beyond them, lie below (Ky Fan 1949). S ⪯ [T Cᵀ; C μ] for the ceiling μ of S₂₂, so that the eigenvalues of the latter
 * lie above, one by one (Weyl). C reaches only the next block of the process.
 */
export function topBounds(krylov: Krylov, ceiling: number): TopBounds {
  const { size, ritz } = krylov;
  const left = size - ritz.length;
  const above = left > 0 ? extended(krylov, ceiling) : ritz;
  const average = averageOf(krylov);
  const low = (k: number) => topSum(ritz, k, average, left);
  const high = (k: number) => topSum(above, k, ceiling, size - above.length);
  return { low, high: (k) => Math.max(low(k), Math.min(high(k), size)) };
}

/** The same without C: a ceiling that does not do here does not do with it either. */
export function optimisticBounds(krylov: Krylov, ceiling: number): TopBounds {
  const { size, ritz } = krylov;
  const left = size - ritz.length;
  const average = averageOf(krylov);
  return {
    low: (k) => topSum(ritz, k, average, left),
    high: (k) => topSum(ritz, k, Math.max(ceiling, average), left),
  };
}

/** Eigenvalues of [T Cᵀ; C μ]. */
function extended({ t, ritz, link }: Krylov, ceiling: number): Float64Array {
  const inside = ritz.length;
  const b = Math.sqrt(link.length);
  const n = inside + b;
  const matrix = new Float64Array(n * n);
  for (let i = 0; i < inside; i += 1) matrix.set(t.subarray(i * inside, (i + 1) * inside), i * n);
  // Only the lower triangle is read.
  for (let i = 0; i < b; i += 1) {
    matrix[(inside + i) * n + inside + i] = ceiling;
    for (let j = 0; j < b; j += 1) matrix[(inside + i) * n + inside - b + j] = at(link, j * b + i);
  }
  return bandEigenvalues(matrix, n, b);
}
