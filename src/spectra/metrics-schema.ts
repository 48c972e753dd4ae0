import { z } from 'zod';

const number = z.number();
const nullable = z.number().nullable();

/** Keys of `topEnergy`: the k largest squared singular values, as a count or as a share of M = min(m, n), rounded up. */
export const TOP_ENERGY_KEYS = ['1', '8', '1%', '5%'] as const;

/**
 * The spectral metrics of one matrix A of shape [m, n], with singular values σ₁ ≥ σ₂ ≥ …, energies σ² and energy
 * shares pᵢ = σᵢ²/Σσ². See `metrics.ts` for the formulas.
 */
export const metricsSchema = z.strictObject({
  frobeniusNorm: number,
  spectralNorm: number,
  stableRank: number,
  participationRatio: number,
  /** participationRatio ÷ its expectation for an i.i.d. random matrix of this shape, 1/(1/m + 1/n). */
  participationRatioToNull: number,
  effectiveRank: number,
  effectiveRankRV: number,
  /** Directions that A uses: min(m, n) less those it has lost. See `metrics.ts`. */
  rank: number,
  topEnergy: z.strictObject({ '1': number, '8': number, '1%': number, '5%': number }),
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
