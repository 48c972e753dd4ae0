import { z } from 'zod';
import type { Bounded } from './bounded.ts';

const boundedSchema = z.strictObject({ value: z.number(), low: z.number(), high: z.number() });

/** A plain number from an exact spectrum, a bounded one from a fast spectrum. */
export const maybeBoundedSchema = z.union([z.number(), boundedSchema]);

/** `exact`: from all singular values, always for small matrices. `fast`: guaranteed bounds from a Krylov basis. */
export const METHODS = ['exact', 'fast'] as const;
export type Method = (typeof METHODS)[number];

/** `screened`: certain but wide bounds from a few products. A rule that they do not decide needs the full spectrum. */
export const MATRIX_METHODS = [...METHODS, 'screened'] as const;
export type MatrixMethod = (typeof MATRIX_METHODS)[number];

/** Types in which matrix-sized products are accumulated. */
export const ACCUMULATIONS = ['float32', 'float64'] as const;
export type Accumulation = (typeof ACCUMULATIONS)[number];

/** Keys of `topEnergy`: the k largest squared singular values, a count or a share of M = min(m, n), rounded up. */
export const TOP_ENERGY_KEYS = ['1', '8', '1%', '5%'] as const;
type TopEnergyKey = (typeof TOP_ENERGY_KEYS)[number];

const number = z.number();
const nullable = z.number().nullable();

/** Spectral metrics of a matrix [m, n] with singular values σ₁ ≥ σ₂ ≥ … and energies σ²: formulas in `metrics.ts`. */
export const metricsSchema = z.strictObject({
  frobeniusNorm: number,
  spectralNorm: maybeBoundedSchema,
  stableRank: maybeBoundedSchema,
  participationRatio: maybeBoundedSchema,
  /** participationRatio ÷ its expectation for an i.i.d. random matrix of this shape, 1/(1/m + 1/n). */
  participationRatioToNull: maybeBoundedSchema,
  effectiveRank: maybeBoundedSchema,
  /** Needs all singular values: null in a fast spectrum. */
  effectiveRankRV: nullable,
  /** min(m, n) less the rank deficiency; see `metrics.ts`. Null in a fast spectrum. */
  rank: nullable,
  /** Number of σ above 10⁻² σ₁. Null in a fast spectrum; missing in files of 0.2. */
  'rankAt1e-2': nullable.optional(),
  /** W only: number of σ above the noise that rounding to its dtype leaves. Null and missing as above. */
  rankAboveRounding: nullable.optional(),
  /** W only: upper bound of that noise, relative to σ₁. Missing in older files. */
  roundingLimit: number.nonnegative().optional(),
  topEnergy: z.strictObject({
    '1': maybeBoundedSchema,
    '8': maybeBoundedSchema,
    '1%': maybeBoundedSchema,
    '5%': maybeBoundedSchema,
  }),
  /** The power-law fit: null in a fast spectrum, or for fewer than two distinct values. */
  alpha: nullable,
  alphaD: nullable,
  alphaTail: nullable,
  /** Embeddings and lm_head only: Gini coefficient of the row energies. */
  rowGini: nullable.optional(),
  /** W of embeddings and lm_head only: rows whose norm is at most 10⁻⁶ of the largest one. Missing in files of 0.2. */
  zeroRows: nullable.optional(),
  /** ΔW in 16 bits or less only: ‖ΔW‖² ÷ the expected energy of the rounding that may hide it. */
  snr: nullable.optional(),
  /** ΔW from a quantized reference only: ‖ΔW‖² ÷ the rounding energy of the reference's format; see `isExactStart`. */
  referenceSnr: nullable.optional(),
  /** ΔW only: ‖ΔW‖_F / ‖W_reference‖_F. */
  updateSize: nullable.optional(),
});
export type Metrics = z.infer<typeof metricsSchema>;

export type ExactMetrics = {
  [Key in keyof Metrics]: Key extends 'effectiveRankRV' | 'rank' | 'rankAt1e-2'
    ? number
    : Key extends 'topEnergy'
      ? Record<TopEnergyKey, number>
      : Exclude<Metrics[Key], object>;
};

/** Metrics that need all singular values: null in a fast spectrum. */
export const EXACT_ONLY = {
  effectiveRankRV: null,
  rank: null,
  'rankAt1e-2': null,
  alpha: null,
  alphaD: null,
  alphaTail: null,
} as const satisfies Partial<Metrics>;

/** The metrics of a fast spectrum: bounded, except for sums over the entries. */
export type FastMetrics = {
  [Key in keyof Metrics as Key extends keyof typeof EXACT_ONLY ? never : Key]: Key extends 'topEnergy'
    ? Readonly<Record<TopEnergyKey, Bounded>>
    : Bounded extends Metrics[Key]
      ? Bounded
      : Metrics[Key];
};
