import type { Accumulation, ExactMetrics, MatrixMethod, Metrics } from './metrics-schema.ts';

export interface Spectrum {
  /** All min(m, n), largest first. Empty if not exact, or if the matrix is not finite. */
  readonly singularValues: Float64Array;
  /** Null without a spectrum: all zero, or not finite. */
  readonly metrics: Metrics | null;
  readonly finite: boolean;
  /** Type in which matrix-sized products were accumulated. */
  readonly accumulation: Accumulation;
  readonly method: MatrixMethod;
  /** In a fast spectrum: σ/σ₁ at evenly spaced ranks, estimated. */
  readonly profile?: readonly number[];
}

/** A spectrum computed from all singular values: no number is bounded. */
export interface ExactSpectrum extends Spectrum {
  readonly metrics: ExactMetrics | null;
}

/** The spectrum of a matrix with NaN, Inf or squares beyond float64. */
export const NOT_FINITE: ExactSpectrum = {
  singularValues: new Float64Array(),
  metrics: null,
  finite: false,
  accumulation: 'float64',
  method: 'exact',
};
