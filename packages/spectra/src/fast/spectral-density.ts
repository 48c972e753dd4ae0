import { at } from '@shadow-gate/platform';
import { symmetricEigenvaluesWithRows } from '../eigenvalues.ts';
import { unchecked } from '../unchecked.ts';
import type { BlockLanczos } from './largest-eigenvalue-bound.ts';
import { cholesky, invertLower, multiplyMatrices } from './small-matrix.ts';

/** Σ_k ω_kᵀ·f(S)·ω_k ≈ Σ_i weight_i·f(node_i). */
export interface Quadrature {
  readonly nodes: Float64Array;
  readonly weights: Float64Array;
}

/** Estimates of the spectrum of an operator S ⪰ 0 by random probe vectors. */
export interface SpectralDensity {
  /** Number of Gaussian probe vectors. */
  readonly vectors: number;
  /** Blocks of their Lanczos process. */
  readonly blocks: number;
  /** Gauss rule: a lower bound of the integral of x·ln x. */
  readonly gauss: Quadrature;
  /** Gauss–Radau rule with a node at zero: an upper bound of it. */
  readonly radau: Quadrature;
}

/**
 * The Gauss and Gauss–Radau rules of a process of one or more blocks. Golub & Meurant 2010, Matrices, Moments and
 * Quadrature, ch. 6: for x·ln x, whose even derivatives are positive and whose odd ones from the third on are negative,
 * they bound the integral from both sides.
 */
export function estimateDensity(process: BlockLanczos): SpectralDensity {
  const { b, diagonal } = process;
  const gauss = blockTridiagonal(process);
  const radau = gauss.slice();
  const schur = lastSchur(process);
  const n = b * diagonal.length;
  if (schur) {
    for (let i = 0; i < b; i += 1) {
      const row = (n - b + i) * n + n - b;
      for (let j = 0; j < b; j += 1) radau[row + j] = unchecked(radau, row + j) - unchecked(schur, i * b + j);
    }
  }
  return { vectors: b, blocks: diagonal.length, gauss: rule(gauss, process), radau: rule(radau, process) };
}

/** The lower triangle of the tridiagonal matrix of a process, as a dense matrix. */
function blockTridiagonal({ b, diagonal, offDiagonal }: BlockLanczos): Float64Array {
  const n = b * diagonal.length;
  const matrix = new Float64Array(n * n);
  for (const [k, block] of diagonal.entries()) {
    const coupling = k > 0 ? at(offDiagonal, k) : null;
    for (let i = 0; i < b; i += 1) {
      for (let j = 0; j < b; j += 1) {
        matrix[(k * b + i) * n + k * b + j] = unchecked(block, i * b + j);
        if (coupling) matrix[(k * b + j) * n + (k - 1) * b + i] = unchecked(coupling, i * b + j);
      }
    }
  }
  return matrix;
}

function rule(matrix: Float64Array, { b, diagonal, offDiagonal }: BlockLanczos): Quadrature {
  const n = b * diagonal.length;
  const start = at(offDiagonal, 0);
  const rows = Array.from({ length: b }, (_, i) => {
    const row = new Float64Array(n);
    row.set(start.subarray(i * b, (i + 1) * b));
    return row;
  });
  const eigenvalues = symmetricEigenvaluesWithRows(matrix, n, rows);
  const weights = Float64Array.from(eigenvalues, (_, i) => rows.reduce((sum, row) => sum + unchecked(row, i) ** 2, 0));
  return { nodes: eigenvalues.map((value) => Math.max(0, value)), weights };
}

/** The Schur complement of the last diagonal block: the largest subtrahend for T ⪰ 0; null if T is singular already. */
function lastSchur({ b, diagonal, offDiagonal }: BlockLanczos): Float64Array | null {
  let schur = new Float64Array();
  for (const [k, block] of diagonal.entries()) {
    if (k === 0) {
      schur = block.slice();
      continue;
    }
    const factor = cholesky(schur, b);
    if (!factor) return null;
    const half = multiplyMatrices(invertLower(factor, b), at(offDiagonal, k), b);
    const next = block.slice();
    for (let i = 0; i < b; i += 1) {
      for (let j = 0; j < b; j += 1) {
        let sum = 0;
        for (let l = 0; l < b; l += 1) sum += unchecked(half, l * b + i) * unchecked(half, l * b + j);
        next[i * b + j] = unchecked(next, i * b + j) - sum;
      }
    }
    schur = next;
  }
  return cholesky(schur, b) ? schur : null;
}
