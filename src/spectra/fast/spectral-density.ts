import { symmetricEigenvaluesWithRows } from '../eigenvalues.ts';
import { at } from '../unchecked.ts';
import type { Chain } from './largest-eigenvalue-bound.ts';
import { cholesky, invertLower, multiply } from './small-matrix.ts';

/** Σ_k ω_kᵀ·f(S)·ω_k ≈ Σ_i weight_i·f(node_i). */
export interface Quadrature {
  readonly nodes: Float64Array;
  readonly weights: Float64Array;
}

/** What random probes say of the spectrum of an operator S ⪰ 0. */
export interface Density {
  /** Number of Gaussian probes. */
  readonly probes: number;
  /** Blocks of their chain. */
  readonly blocks: number;
  /** Gauss rule: below the integral of x·ln x. */
  readonly gauss: Quadrature;
  /** Gauss–Radau rule with a node at zero: above it. */
  readonly radau: Quadrature;
}

/**
 * The Gauss and Gauss–Radau rules of a chain of one or more blocks. Golub & Meurant 2010, Matrices, Moments and
 * Quadrature, ch. 6: for x·ln x, whose even derivatives are positive and whose odd ones from the third on are negative,
 * they bracket the integral.
 */
export function densityOf(chain: Chain): Density {
  const { b, diagonal } = chain;
  const gauss = blockTridiagonal(chain);
  const radau = gauss.slice();
  const schur = lastSchur(chain);
  const n = b * diagonal.length;
  if (schur) {
    for (let i = 0; i < b; i += 1) {
      const row = (n - b + i) * n + n - b;
      for (let j = 0; j < b; j += 1) radau[row + j] = at(radau, row + j) - at(schur, i * b + j);
    }
  }
  return { probes: b, blocks: diagonal.length, gauss: rule(gauss, chain), radau: rule(radau, chain) };
}

/** Its lower triangle. */
function blockTridiagonal({ b, diagonal, links }: Chain): Float64Array {
  const n = b * diagonal.length;
  const matrix = new Float64Array(n * n);
  for (const [k, block] of diagonal.entries()) {
    const link = k > 0 ? links[k] : undefined;
    for (let i = 0; i < b; i += 1) {
      for (let j = 0; j < b; j += 1) {
        matrix[(k * b + i) * n + k * b + j] = at(block, i * b + j);
        if (link) matrix[(k * b + j) * n + (k - 1) * b + i] = at(link, i * b + j);
      }
    }
  }
  return matrix;
}

function rule(matrix: Float64Array, { b, diagonal, links }: Chain): Quadrature {
  const n = b * diagonal.length;
  const start = links[0] ?? new Float64Array();
  const rows = Array.from({ length: b }, (_, i) => {
    const row = new Float64Array(n);
    row.set(start.subarray(i * b, (i + 1) * b));
    return row;
  });
  const eigenvalues = symmetricEigenvaluesWithRows(matrix, n, rows);
  const weights = Float64Array.from(eigenvalues, (_, i) => rows.reduce((sum, row) => sum + at(row, i) ** 2, 0));
  return { nodes: eigenvalues.map((value) => Math.max(0, value)), weights };
}

/**
 * The Schur complement of the last diagonal block: the most that can be taken off it with the rest staying ⪰ 0.
 * @returns null where rounding has left the matrix indefinite: it is singular already
 */
export function lastSchur({ b, diagonal, links }: Chain): Float64Array | null {
  let schur = new Float64Array();
  for (const [k, block] of diagonal.entries()) {
    if (k === 0) {
      schur = block.slice();
      continue;
    }
    const factor = cholesky(schur, b);
    if (!factor) return null;
    const half = multiply(invertLower(factor, b), links[k] ?? new Float64Array(), b);
    const next = block.slice();
    for (let i = 0; i < b; i += 1) {
      for (let j = 0; j < b; j += 1) {
        let sum = 0;
        for (let l = 0; l < b; l += 1) sum += at(half, l * b + i) * at(half, l * b + j);
        next[i * b + j] = at(next, i * b + j) - sum;
      }
    }
    schur = next;
  }
  return cholesky(schur, b) ? schur : null;
}
