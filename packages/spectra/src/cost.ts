import { GRAM_UP_TO } from './exact/exact-spectrum.ts';
import { FORMED_UP_TO } from './fast/effort.ts';
import type { MatrixMethod } from './metrics-schema.ts';

// Estimated costs, in multiplications of a float32 matrix product. The factors were fitted to times on two cores; on
// other machines they differ, but not by much. They decide how work is shared among machines and what the ETA expects.

/**
 * An exact spectrum from the Gram matrix: its product in float64, and its eigenvalues, which are found without a matrix
 * product during the next one.
 */
const GRAM = { product: 2.5, eigenvalues: 12 } as const;

/** An exact spectrum from a band: reducing a long matrix, and what is square after that. */
const BAND = { long: 2.6, square: 3.7 } as const;

/** A fast spectrum that forms the Gram matrix: its product, and vectors times it and as many more rows. */
const FORMED = { product: 0.35, vectors: 1200, basisRows: 4500 } as const;

/** A fast spectrum that multiplies vectors twice with the matrix and as many more rows. */
const TWICE = { vectors: 3600, basisRows: 1500 } as const;

/** Vectors of a screen, most of which is reading the matrix. */
const SCREEN_VECTORS = 1000;

/** The cost of the spectrum of a matrix [m, n]. */
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

/** The cost of the spectrum of an adapter of this rank: the Gram matrices of its factors, and an r × r core. */
export function loraCost([m, n]: readonly [number, number], rank: number): number {
  return GRAM.product * rank ** 2 * (m + n) + GRAM.eigenvalues * rank ** 3;
}
