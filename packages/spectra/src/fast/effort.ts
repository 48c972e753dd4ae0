import type { Device } from '@shadow-gate/checkpoints/onnx';

// The work of a fast spectrum, and when it is enough. The values were chosen on matrices of known spectra, for bounds
// as narrow as a policy can notice with the fewest products.

export interface Effort {
  /** Vectors of a block. Small blocks reach deep: flat spectra need a polynomial of high degree. */
  readonly block: number;
  /** Most vectors of the Krylov basis. */
  readonly basis: number;
}

export const EFFORT: Effort = { block: 16, basis: 1024 };

/**
 * Up to this size n of the shorter side, the Gram matrix is formed. That takes as long as n/9 products with vectors
 * save: with more, heavy tails would take longer.
 */
export const FORMED_UP_TO = 5120;

/** Is S = AᵀA formed? Only on the CPU: the matrix would have to come back from a device. */
export function formsGram(shape: readonly [number, number], device: Device): boolean {
  return device.name === 'cpu' && Math.min(...shape) <= FORMED_UP_TO;
}

/** If 16 random vectors capture this share of the energy, the basis stops growing before S would be worth forming. */
export const FEW = 0.3;

/** If they capture this share, it stops even before packing A would be worthwhile. */
export const FEWEST = 0.7;

/** Sizes of the Krylov basis at which bounds are computed, as shares of its largest size. */
export const STOPS = [...Array.from({ length: 8 }, (_, i) => (i + 1) / 16), 0.625, 0.75, 0.875, 1];

/** Relative widths to reach for sums of the largest eigenvalues: `wide` for the top 5%, `top` for all others. */
export const TARGET_WIDTH = { top: 9e-4, wide: 9e-3 } as const;

/** Bounds this many times too wide will still be too wide at the next stop. */
export const FAR = 6;

/** If a Ritz value rose by less than this share since the last stop, no eigenvalue of its size is outside. */
export const SETTLED = 1e-3;

/** Probe vectors in addition to the Krylov basis. */
export const ROOM_FOR_PROBES = 384;

/** Blocks of probe vectors in the complement: more give a sharper bound, computed after every `step` blocks. */
export const PROBE_BLOCKS = { step: 6, most: 12, mostAtTheEnd: 24 } as const;

/** Most blocks of a quadrature: the entropy is smooth. */
export const QUADRATURE_BLOCKS = 12;

/** Blocks by which the basis is continued to find its coupling to the complement. */
export const BLOCKS_BEYOND = 2;

/** Gaussian probe vectors of one round, each multiplied twice, for the traces. */
export const PROBES_PER_ROUND = 48;

/** Most rounds, while the bounds of the traces are still wide. */
export const MOST_ROUNDS = 9;

/** A round that narrows the bounds by less than this share is the last. */
export const LEAST_GAIN = 0.02;

/** Largest relative gap between the two quadratures of the entropy, which more probe vectors do not narrow. */
export const QUADRATURE_GAP = 5e-4;

/** Relative width to reach for the participation ratio and the effective rank. */
export const TRACE_WIDTH = 9.5e-3;

/** Relative error of float32 products, and their error relative to the largest eigenvalue. */
export const ROUNDING = 3e-6;

/**
 * Additional error for equal entries, whose sums are rounded in the same direction in every step: up to 1.3·10⁻⁵ was
 * seen in 1100 × 4096. Such a matrix has rank one, so this counts by the share of the largest eigenvalue.
 */
const ROUNDING_OF_EQUALS = 1.5e-5;

/** The relative error of sums of eigenvalues of an operator whose largest eigenvalue is this share of its trace. */
export function roundingError(largestShare: number): number {
  return ROUNDING + ROUNDING_OF_EQUALS * Math.min(1, largestShare);
}
