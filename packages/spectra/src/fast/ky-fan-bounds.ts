import { unchecked } from '../unchecked.ts';
import { bandEigenvalues } from './band-eigenvalues.ts';
import type { LanczosBasis } from './lanczos-basis.ts';

/** Bounds of the sum of the k largest eigenvalues of S, for any k. */
export interface KyFanBounds {
  low(k: number): number;
  high(k: number): number;
}

/** Sum of the k largest numbers of a descending list and of `copies` copies of another number. */
function topSum(values: Float64Array, k: number, rest: number, copies: number): number {
  let sum = 0;
  let taken = 0;
  for (let i = 0; i < k; i += 1) {
    const value = unchecked(values, i - taken);
    const isRest = taken < copies && !(value > rest);
    sum += isRest ? rest : value;
    if (isRest) taken += 1;
  }
  return sum;
}

/** The Rayleigh–Ritz projection T = Q·S·Qᵀ of an operator S with Tr S = n onto a block Krylov basis Q [d, n]. */
export interface RitzProjection {
  /** n, the size of S. */
  readonly size: number;
  /** T, [d, d]. */
  readonly t: Float64Array;
  /** Eigenvalues of T, largest first. */
  readonly ritz: Float64Array;
  /** The coupling of the last block of the basis to the next one, [b, b]; empty if there is no next block. */
  readonly coupling: Float64Array;
}

/** @param block width of the band of T */
export function ritzProjection(basis: LanczosBasis, block: number): RitzProjection {
  const t = basis.matrix();
  const ritz = bandEigenvalues(t.slice(), basis.size, block).map((value) => Math.max(0, value));
  return { size: basis.operator.size, t, ritz, coupling: basis.coupling };
}

/** Mean of the remaining eigenvalues: the rest of the trace over their number. */
function averageOf({ size, ritz }: RitzProjection): number {
  const left = size - ritz.length;
  return left > 0 ? Math.max(0, size - ritz.reduce((sum, value) => sum + value, 0)) / left : 0;
}

/**
 * Let S = [T Cᵀ; C S₂₂] in a basis and its complement. The eigenvalues of T, and the mean eigenvalue of S₂₂ for each
 * further direction, give a lower bound (Ky Fan 1949). If μ = `upperBound` bounds the eigenvalues of S₂₂ from above,
 * S ⪯ [T Cᵀ; C μ], and the eigenvalues of the latter are an upper bound, one by one (Weyl). C reaches only the next
 * block of the process.
 */
export function kyFanBounds(krylov: RitzProjection, upperBound: number): KyFanBounds {
  const { size, ritz } = krylov;
  const left = size - ritz.length;
  const above = left > 0 ? extended(krylov, upperBound) : ritz;
  const average = averageOf(krylov);
  const low = (k: number) => topSum(ritz, k, average, left);
  const high = (k: number) => topSum(above, k, upperBound, size - above.length);
  return { low, high: (k) => Math.max(low(k), Math.min(high(k), size)) };
}

/** Bounds without C: if these are too wide, so are those with C. */
export function optimisticBounds(krylov: RitzProjection, upperBound: number): KyFanBounds {
  const { size, ritz } = krylov;
  const left = size - ritz.length;
  const average = averageOf(krylov);
  return {
    low: (k) => topSum(ritz, k, average, left),
    high: (k) => topSum(ritz, k, Math.max(upperBound, average), left),
  };
}

/** Eigenvalues of [T Cᵀ; C μ]. */
function extended({ t, ritz, coupling }: RitzProjection, upperBound: number): Float64Array {
  const inside = ritz.length;
  const b = Math.sqrt(coupling.length);
  const n = inside + b;
  const matrix = new Float64Array(n * n);
  for (let i = 0; i < inside; i += 1) matrix.set(t.subarray(i * inside, (i + 1) * inside), i * n);
  // Only the lower triangle is read.
  for (let i = 0; i < b; i += 1) {
    matrix[(inside + i) * n + inside + i] = upperBound;
    for (let j = 0; j < b; j += 1) matrix[(inside + i) * n + inside - b + j] = unchecked(coupling, j * b + i);
  }
  return bandEigenvalues(matrix, n, b);
}
