import { z } from 'zod';

const number = z.number();

/** A number, or where it was measured fast, one between bounds that hold. */
export const measuredSchema = z.union([
  z.number(),
  z.strictObject({ value: z.number(), low: z.number(), high: z.number() }),
]);
const nullable = z.number().nullable();

/** `exact`: from all singular values. `fast`: brackets that hold, from a Krylov basis and random probes. */
export const METHODS = ['exact', 'fast'] as const;
export type Method = (typeof METHODS)[number];

/** What matrix-sized products are accumulated in. */
export const ACCUMULATIONS = ['float32', 'float64'] as const;

/** Keys of `topEnergy`: the k largest squared singular values, as a count or as a share of M = min(m, n), rounded up. */
export const TOP_ENERGY_KEYS = ['1', '8', '1%', '5%'] as const;

/**
 * The spectral metrics of one matrix A of shape [m, n], with singular values σ₁ ≥ σ₂ ≥ …, energies σ² and energy
 * shares pᵢ = σᵢ²/Σσ². See `metrics.ts` for the formulas.
 */
export const metricsSchema = z.strictObject({
  frobeniusNorm: number,
  spectralNorm: measuredSchema,
  stableRank: measuredSchema,
  participationRatio: measuredSchema,
  /** participationRatio ÷ its expectation for an i.i.d. random matrix of this shape, 1/(1/m + 1/n). */
  participationRatioToNull: measuredSchema,
  effectiveRank: measuredSchema,
  /** Needs every singular value: null where it was measured fast. */
  effectiveRankRV: nullable,
  /** Directions that A uses: min(m, n) less those it has lost. See `metrics.ts`. Null where it was measured fast. */
  rank: nullable,
  topEnergy: z.strictObject({
    '1': measuredSchema,
    '8': measuredSchema,
    '1%': measuredSchema,
    '5%': measuredSchema,
  }),
  alpha: nullable,
  alphaD: nullable,
  alphaTail: nullable,
  /** Embeddings and lm_head only: Gini coefficient of the row energies. */
  rowGini: nullable.optional(),
  /** ΔW of rounded dtypes only: ‖ΔW‖² ÷ the expected energy of the rounding. */
  snr: nullable.optional(),
  /** ΔW only: ‖ΔW‖_F / ‖W_reference‖_F. */
  updateSize: nullable.optional(),
});
export type Metrics = z.infer<typeof metricsSchema>;

/** Of an exact spectrum: nothing is between bounds. */
export type ExactMetrics = {
  [Key in keyof Metrics]: Key extends 'effectiveRankRV' | 'rank'
    ? number
    : Key extends 'topEnergy'
      ? Record<(typeof TOP_ENERGY_KEYS)[number], number>
      : Exclude<Metrics[Key], object>;
};
