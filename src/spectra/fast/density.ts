import { EigenvalueDecomposition, Matrix } from 'ml-matrix';
import type { Chain } from './ceiling.ts';
import { at, cholesky, invertLower, multiply } from './small-matrix.ts';

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
  const gauss = blockTridiagonal(chain);
  const radau = gauss.clone();
  const schur = lastSchur(chain);
  const { b, diagonal } = chain;
  const first = b * (diagonal.length - 1);
  if (schur) {
    for (let i = 0; i < b; i += 1) {
      for (let j = 0; j < b; j += 1) {
        radau.set(first + i, first + j, radau.get(first + i, first + j) - at(schur, i * b + j));
      }
    }
  }
  return { probes: b, blocks: diagonal.length, gauss: rule(gauss, chain), radau: rule(radau, chain) };
}

function blockTridiagonal({ b, diagonal, links }: Chain): Matrix {
  const matrix = Matrix.zeros(b * diagonal.length, b * diagonal.length);
  for (const [k, block] of diagonal.entries()) {
    const link = k > 0 ? links[k] : undefined;
    for (let i = 0; i < b; i += 1) {
      for (let j = 0; j < b; j += 1) {
        matrix.set(k * b + i, k * b + j, at(block, i * b + j));
        if (!link) continue;
        matrix.set((k - 1) * b + i, k * b + j, at(link, i * b + j));
        matrix.set(k * b + j, (k - 1) * b + i, at(link, i * b + j));
      }
    }
  }
  return matrix;
}

function rule(matrix: Matrix, { b, links }: Chain): Quadrature {
  const { realEigenvalues, eigenvectorMatrix } = new EigenvalueDecomposition(matrix, { assumeSymmetric: true });
  const start = links[0] ?? new Float64Array();
  const weights = Float64Array.from(realEigenvalues, (_, column) => {
    let weight = 0;
    for (let i = 0; i < b; i += 1) {
      let sum = 0;
      for (let j = 0; j < b; j += 1) sum += at(start, i * b + j) * eigenvectorMatrix.get(j, column);
      weight += sum * sum;
    }
    return weight;
  });
  return { nodes: Float64Array.from(realEigenvalues, (value) => Math.max(0, value)), weights };
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
