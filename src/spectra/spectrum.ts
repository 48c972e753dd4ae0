import type { Device } from '../onnx/session.ts';
import { gini } from '../statistics/statistics.ts';
import { symmetricEigenvalues } from './eigenvalues.ts';
import { type GramOptions, gramMatrix } from './gram.ts';
import { needsExactSmallest, spectralMetrics } from './metrics.ts';
import type { Metrics } from './metrics-schema.ts';
import { smallestSingularValue } from './smallest.ts';
import type { MatrixSource } from './source.ts';

export interface Spectrum {
  /** All min(m, n), largest first. Empty where the matrix is not finite. */
  readonly singularValues: Float64Array;
  /** Null where there is no spectrum: all zero, or not finite. */
  readonly metrics: Metrics | null;
  readonly finite: boolean;
}

/** What there is to say of a matrix with NaN, Inf or squares beyond float64. */
export const NOT_FINITE: Spectrum = { singularValues: new Float64Array(), metrics: null, finite: false };

/**
 * The exact spectrum of a matrix W, or of ΔW = W − reference: the Gram matrix in float64 by onnxruntime, its eigenvalues
 * here. σ is right to about 10⁻⁸·√M·σ₁.
 */
export async function exactSpectrum(
  matrix: MatrixSource,
  reference: MatrixSource | null,
  wantRowGini: boolean,
  device: Device,
): Promise<Spectrum> {
  const options: GramOptions = { subtrahend: reference ?? undefined, rowEnergies: wantRowGini };
  const { gram, size, rowEnergies, subtrahendEnergy, roundingEnergy } = await gramMatrix(matrix, device, options);
  let energy = 0;
  for (let i = 0; i < size; i += 1) energy += gram[i * size + i] ?? Number.NaN;
  // NaN and Inf always reach the diagonal, which is made of squares.
  if (!Number.isFinite(energy)) return NOT_FINITE;
  const singularValues = symmetricEigenvalues(gram, size).map((value) => Math.sqrt(Math.max(0, value)));
  if (!singularValues.every(Number.isFinite)) return NOT_FINITE;
  // Only of W is the rank judged.
  const isAsked = reference === null && needsExactSmallest(singularValues);
  const smallest = isAsked ? await smallestSingularValue(matrix, device) : Number.NaN;
  const isSmallestExact = Number.isFinite(smallest);
  if (isSmallestExact) singularValues[size - 1] = smallest;
  const metrics = spectralMetrics(singularValues, matrix.view.shape, isSmallestExact);
  if (metrics && wantRowGini && rowEnergies) metrics.rowGini = gini(rowEnergies);
  if (metrics && subtrahendEnergy !== null) {
    metrics.updateSize = subtrahendEnergy > 0 ? Math.sqrt(energy / subtrahendEnergy) : null;
  }
  if (metrics && roundingEnergy !== null) metrics.snr = roundingEnergy > 0 ? energy / roundingEnergy : null;
  return { singularValues, metrics, finite: true };
}
