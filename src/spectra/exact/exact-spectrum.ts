import type { Device } from '../../onnx/session.ts';
import { symmetricEigenvalues } from '../eigenvalues.ts';
import { addSums, type Energies, matrixEnergies } from '../energies.ts';
import { gramMatrix, gramMemory } from '../gram.ts';
import type { MatrixSource } from '../load-matrix.ts';
import { needsExactSmallest, spectralMetrics } from '../metrics.ts';
import type { ExactMetrics, Method, Metrics, Precision } from '../metrics-schema.ts';
import { denseMemory, denseValues, WORK_ALONE, type Workshop } from './dense-svd.ts';
import { smallestSingularValue } from './smallest-singular-value.ts';

export interface Spectrum {
  /** All min(m, n), largest first. Empty where the matrix is not finite. */
  readonly singularValues: Float64Array;
  /** Null where there is no spectrum: all zero, or not finite. */
  readonly metrics: Metrics | null;
  readonly finite: boolean;
  /** What the matrix-sized products were accumulated in. */
  readonly accumulation: Precision;
  readonly method: Method;
  /** Where there are no singular values: σ/σ₁ at evenly spaced ranks, as estimated. */
  readonly profile?: readonly number[];
}

/** From all singular values: no number is between bounds. */
export interface ExactSpectrum extends Spectrum {
  readonly metrics: ExactMetrics | null;
}

/** What there is to say of a matrix with NaN, Inf or squares beyond float64. */
export const NOT_FINITE: ExactSpectrum = {
  singularValues: new Float64Array(),
  metrics: null,
  finite: false,
  accumulation: 'float64',
  method: 'exact',
};

/** Up to this size the eigenvalues of the Gram matrix take less than the calls of a reduction. */
export const GRAM_UP_TO = 1024;

/**
 * The exact spectrum of a matrix W, or of ΔW = W − reference. Small ones from their Gram matrix in float64, right to
 * about 10⁻⁸·√M·σ₁; larger ones by transformations of the matrix itself (`denseValues`), right to 10⁻⁶·σ₁ or better.
 * @param workshop shared by spectra that are measured at the same time
 */
export async function exactSpectrum(
  matrix: MatrixSource,
  reference: MatrixSource | null,
  wantRowGini: boolean,
  device: Device,
  workshop: Workshop = WORK_ALONE,
): Promise<ExactSpectrum> {
  const isSmall = Math.min(...matrix.view.shape) <= GRAM_UP_TO;
  const measure = isSmall ? throughGram : throughBand;
  const found = await measure(matrix, reference, wantRowGini, device, workshop);
  if (!found?.values.every(Number.isFinite)) return NOT_FINITE;
  const { values: singularValues, sums, accumulation } = found;
  let { isSmallestExact } = found;
  // Only of W is the rank judged.
  if (!isSmallestExact && reference === null && needsExactSmallest(singularValues)) {
    const smallest = await workshop.turns.take(() => smallestSingularValue(matrix, device));
    isSmallestExact = Number.isFinite(smallest);
    if (isSmallestExact) singularValues[singularValues.length - 1] = smallest;
  }
  const metrics = spectralMetrics(singularValues, matrix.view.shape, isSmallestExact);
  if (metrics) addSums(metrics, sums);
  return { singularValues, metrics, finite: true, accumulation, method: 'exact' };
}

/** Bytes that `exactSpectrum` needs at its peak for a matrix of this shape. */
export function exactMemory(shape: readonly [number, number]): number {
  return Math.min(...shape) <= GRAM_UP_TO ? gramMemory(shape) : denseMemory(shape);
}

interface Found {
  readonly values: Float64Array;
  readonly sums: Energies;
  readonly accumulation: Precision;
  readonly isSmallestExact: boolean;
}

/** @returns null if the matrix is not finite */
async function throughGram(
  matrix: MatrixSource,
  reference: MatrixSource | null,
  wantRowEnergies: boolean,
  device: Device,
  { turns }: Workshop,
): Promise<Found | null> {
  const options = { subtrahend: reference ?? undefined, rowEnergies: wantRowEnergies };
  const found = await turns.take(() => gramMatrix(matrix, device, options));
  const { gram, size, rowEnergies, referenceEnergy, roundingEnergy } = found;
  let energy = 0;
  for (let i = 0; i < size; i += 1) energy += gram[i * size + i] ?? Number.NaN;
  // NaN and Inf always reach the diagonal, which is made of squares.
  if (!Number.isFinite(energy)) return null;
  return {
    values: symmetricEigenvalues(gram, size).map((value) => Math.sqrt(Math.max(0, value))),
    sums: { energy, rowEnergies, referenceEnergy, roundingEnergy },
    accumulation: 'float64',
    isSmallestExact: false,
  };
}

/** @returns null if the matrix is not finite */
async function throughBand(
  matrix: MatrixSource,
  reference: MatrixSource | null,
  wantRowEnergies: boolean,
  device: Device,
  workshop: Workshop,
): Promise<Found | null> {
  const sums = await workshop.turns.take(() => matrixEnergies(matrix, reference, wantRowEnergies, device));
  if (!Number.isFinite(sums.energy)) return null;
  return { ...(await denseValues(matrix, reference, sums.energy, device, workshop)), sums };
}
