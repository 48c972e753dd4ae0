import { TOP_ENERGY_KEYS } from '@shadow-gate/spectra/metrics-schema';

/** Metrics of ΔW of the whole model. */
export const MODEL_METRICS = ['mlpAttentionRatio', 'mlpTopEnergy', 'attentionTopEnergy'] as const;

/** Power-law fits to the tail: information only, they never decide. */
export const INFORMATION_METRICS = ['alpha', 'alphaD', 'alphaTail'] as const;

/** Metrics of one matrix, or summarized over a module type, by their dotted names. */
const MATRIX_METRICS = [
  'frobeniusNorm',
  'spectralNorm',
  'stableRank',
  'participationRatio',
  'participationRatioToNull',
  'effectiveRank',
  'effectiveRankExcess',
  'effectiveRankRV',
  'rank',
  'rankAt1e-2',
  'rankAboveRounding',
  'roundingLimit',
  ...TOP_ENERGY_KEYS.map((key) => `topEnergy.${key}` as const),
  'topEnergyLogOdds',
  ...INFORMATION_METRICS,
  'rowGini',
  'snr',
  'referenceSnr',
  'updateSize',
] as const;

export const METRICS = [...MODEL_METRICS, ...MATRIX_METRICS] as const;

export function isModelMetric(metric: string): boolean {
  return (MODEL_METRICS as readonly string[]).includes(metric);
}
