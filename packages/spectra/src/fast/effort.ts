import type { Device } from '@shadow-gate/checkpoints/onnx';

// How much work a fast spectrum takes, and when it is enough. The values were chosen on matrices of known spectra:
// bounds as narrow as a policy can notice, at the least number of products with the matrix.

/** How much work is spent at most. */
export interface Effort {
  /** Vectors of a block. Small blocks reach deep: flat spectra need a polynomial of high degree. */
  readonly block: number;
  /** Most vectors of the Krylov basis. */
  readonly basis: number;
}

export const EFFORT: Effort = { block: 16, basis: 1024 };

/**
 * Most columns, of the shorter side, of a matrix whose Gram matrix is formed. That takes as long as n/9 products of it
 * with vectors save: with more columns, heavy tails would take longer.
 */
export const FORMED_UP_TO = 5120;

/** Is S = AᵀA formed? On a device the matrix would come back from there. */
export function formsGram(shape: readonly [number, number], device: Device): boolean {
  return device.name === 'cpu' && Math.min(...shape) <= FORMED_UP_TO;
}

/** If 16 random vectors capture this share of the energy, the basis stops growing before S would be worth forming. */
export const FEW = 0.3;

/** If they capture this share, it even stops before it would be worth packing A. */
export const FEWEST = 0.7;

/** Sizes of the Krylov basis at which bounds are computed, as shares of its largest size. */
export const STOPS = [...Array.from({ length: 8 }, (_, i) => (i + 1) / 16), 0.625, 0.75, 0.875, 1];

/** Relative widths to reach for sums of the largest eigenvalues: `wide` for the top 5%, `top` for all others. */
export const TARGET_WIDTH = { top: 9e-4, wide: 9e-3 } as const;

/** Bounds this many times too wide will not be narrow at the next stop either. */
export const FAR = 6;

/**
 * If a Ritz value rose by less than this since the last stop, relative to itself, no eigenvalue like it is left
 * outside.
 */
export const SETTLED = 1e-3;

/** Probe vectors in addition to the Krylov basis. */
export const ROOM_FOR_PROBES = 384;

/**
 * Blocks of probe vectors in the complement of the basis: the more there are, the sharper the bound of the largest
 * eigenvalue. It is computed after every `step` blocks.
 */
export const PROBE_BLOCKS = { step: 6, most: 12, mostAtTheEnd: 24 } as const;

/** Most blocks of a quadrature: the entropy is smooth. */
export const QUADRATURE_BLOCKS = 12;

/** Blocks by which the basis is continued to find out how it is coupled to its complement. */
export const BLOCKS_BEYOND = 2;

/** Gaussian probe vectors of one round, each multiplied twice, for the traces. */
export const PROBES_PER_ROUND = 48;

/** Most rounds, while the bounds of the traces are still wide. */
export const MOST_ROUNDS = 9;

/** A round that narrows the bounds by less than this share is the last. */
export const LEAST_GAIN = 0.02;

/**
 * How far the two quadratures of the entropy may be apart, as a share of it: more probe vectors do not bring them
 * closer.
 */
export const QUADRATURE_GAP = 5e-4;

/** Relative width to reach for the participation ratio and the effective rank. */
export const TRACE_WIDTH = 9.5e-3;

/** Relative error of float32 products, and their error relative to the largest eigenvalue. */
export const ROUNDING = 3e-6;

/**
 * The further error in a matrix of equal entries, whose sums are rounded in the same direction in every step: up to
 * 1.3·10⁻⁵ was seen in 1100 × 4096. Such a matrix has rank one, so this counts by the share of the largest eigenvalue.
 */
const ROUNDING_OF_EQUALS = 1.5e-5;

/** The relative error of sums of eigenvalues of an operator whose largest eigenvalue is this share of its trace. */
export function roundingError(largestShare: number): number {
  return ROUNDING + ROUNDING_OF_EQUALS * Math.min(1, largestShare);
}
