import { GRAM_UP_TO } from './exact/exact-spectrum.ts';
import { FORMED_UP_TO } from './fast/effort.ts';
import type { MatrixMethod } from './metrics-schema.ts';

// Estimated costs, in multiplications of a float32 matrix product, fitted to times on two cores; other machines differ
// little. They decide how work is shared among machines, and the ETA.

/** An exact spectrum from the Gram matrix: a float64 product, and eigenvalues, found during the next product. */
const GRAM = { product: 2.5, eigenvalues: 12 } as const;

/** An exact spectrum from a band: reduce a long matrix to a square one, then that. */
const BAND = { long: 2.6, square: 3.7 } as const;

/** A fast spectrum that forms the Gram matrix: its product, and vectors times it and the rows of the basis. */
const FORMED = { product: 0.35, vectors: 1200, basisRows: 4500 } as const;

/** A fast spectrum that multiplies vectors twice with the matrix and with the rows of the basis. */
const TWICE = { vectors: 3600, basisRows: 1500 } as const;

/** Vectors of a screen, which mostly reads the matrix. */
const SCREEN_VECTORS = 1000;

export function matrixCost(shape: readonly [number, number], method: MatrixMethod): number {
  const [short, long] = [Math.min(...shape), Math.max(...shape)];
  if (method === 'screened') return SCREEN_VECTORS * short * long;
  if (method === 'fast') {
    return short <= FORMED_UP_TO
      ? FORMED.product * short ** 2 * long + FORMED.vectors * short * (short + FORMED.basisRows)
      : TWICE.vectors * short * (long + TWICE.basisRows);
  }
  return short <= GRAM_UP_TO
    ? GRAM.product * short ** 2 * long + GRAM.eigenvalues * short ** 3
    : BAND.long * short ** 2 * long + BAND.square * short ** 3;
}

/** The cost for an adapter of this rank: the Gram matrices of its factors, and an r × r core. */
export function loraCost([m, n]: readonly [number, number], rank: number): number {
  return GRAM.product * rank ** 2 * (m + n) + GRAM.eigenvalues * rank ** 3;
}
