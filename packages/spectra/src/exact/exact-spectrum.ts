import { availableParallelism } from 'node:os';
import type { Device } from '@shadow-gate/checkpoints/onnx';
import { addSums, type Energies, matrixEnergies } from '../energies.ts';
import { formatRounding } from '../format-rounding.ts';
import { gramMatrix, gramMemory, trace } from '../gram.ts';
import type { MatrixSource } from '../load-matrix.ts';
import { needsExactSmallest, spectralMetrics } from '../metrics.ts';
import type { Accumulation } from '../metrics-schema.ts';
import { type ExactSpectrum, NOT_FINITE } from '../spectrum.ts';
import { denseMemory, denseSingularValues } from './dense-svd.ts';
import { smallestSingularValue } from './smallest-singular-value.ts';
import { type SharedResources, type Solver, UNSHARED } from './solver.ts';

/** Up to this size, the eigenvalues of the Gram matrix take less time than the calls of a reduction. */
export const GRAM_UP_TO = 1024;

interface ExactOptions {
  readonly device: Device;
  /** Measure ΔW = W − reference instead of W. */
  readonly reference?: MatrixSource | null | undefined;
  /** Also compute the Gini coefficient of the row energies. */
  readonly wantRowGini?: boolean | undefined;
  /** Shared by simultaneous spectra. */
  readonly resources?: SharedResources | undefined;
}

type Settings = { readonly [Key in keyof ExactOptions]-?: Exclude<ExactOptions[Key], undefined> };

/**
 * The exact spectrum of W, or of ΔW = W − reference: small ones from their Gram matrix in float64, to about 10⁻⁸·√M·σ₁;
 * larger ones from transformations of the matrix (`denseSingularValues`), to 10⁻⁶·σ₁ or better.
 */
export async function exactSpectrum(matrix: MatrixSource, options: ExactOptions): Promise<ExactSpectrum> {
  const { device, reference = null, wantRowGini = false, resources = UNSHARED } = options;
  const solve = isSmall(matrix) ? fromGram : fromBand;
  const solution = await solve(matrix, { device, reference, wantRowGini, resources });
  if (!solution?.values.every(Number.isFinite)) return NOT_FINITE;
  const { values: singularValues, sums, accumulation } = solution;
  let { isSmallestExact } = solution;
  // Rank loss is judged for W only.
  if (!isSmallestExact && reference === null && needsExactSmallest(singularValues)) {
    const smallest = await resources.mutex.run(() => smallestSingularValue(matrix, device));
    isSmallestExact = Number.isFinite(smallest);
    if (isSmallestExact) singularValues[singularValues.length - 1] = smallest;
  }
  const rounding = reference === null ? await formatRounding(matrix, device) : null;
  const metrics = spectralMetrics(singularValues, matrix.view.shape, {
    isSmallestExact,
    ...(rounding === null ? {} : { rounding }),
  });
  if (metrics) addSums(metrics, sums);
  return { singularValues, metrics, finite: true, accumulation, method: 'exact' };
}

export function isSmall({ view: { shape } }: MatrixSource): boolean {
  return Math.min(...shape) <= GRAM_UP_TO;
}

/** Bytes that `exactSpectrum` needs at its peak for a matrix of this shape. */
export function exactMemory(shape: readonly [number, number]): number {
  return Math.min(...shape) <= GRAM_UP_TO ? gramMemory(shape) : denseMemory(shape);
}

interface Solution {
  readonly values: Float64Array;
  readonly sums: Energies;
  readonly accumulation: Accumulation;
  /** Does the smallest value have full precision? */
  readonly isSmallestExact: boolean;
}

/** @returns null if the matrix is not finite */
async function fromGram(
  matrix: MatrixSource,
  { device, reference, wantRowGini, resources }: Settings,
): Promise<Solution | null> {
  const part = { ...device, ...threadsBeside(resources.solver, matrix) };
  const product = await resources.mutex.run(() => gramMatrix(matrix, part, { reference, rowEnergies: wantRowGini }));
  const { gram, size, ...sums } = product;
  const energy = trace(gram, size);
  // NaN and Inf always reach the diagonal, which consists of sums of squares.
  if (!Number.isFinite(energy)) return null;
  const eigenvalues = await resources.solver.eigenvalues(gram, size);
  return {
    values: eigenvalues.map((value) => Math.sqrt(Math.max(0, value))),
    sums: { energy, ...sums },
    accumulation: 'float64',
    isSmallestExact: false,
  };
}

/** If one side is this many times the other, the Gram matrix takes much longer than its eigenvalues. */
const LONG = 16;

/** Half of the cores for a Gram matrix while other threads find eigenvalues, which takes as long. More would wait. */
function threadsBeside({ threads }: Solver, { view: { shape } }: MatrixSource): Pick<Device, 'threads'> {
  if (threads === 0 || Math.max(...shape) > LONG * Math.min(...shape)) return {};
  return { threads: Math.max(1, Math.floor(availableParallelism() / 2)) };
}

/** @returns null if the matrix is not finite */
async function fromBand(
  matrix: MatrixSource,
  { device, reference, wantRowGini, resources }: Settings,
): Promise<Solution | null> {
  const options = { device, reference, wantRowEnergies: wantRowGini };
  const sums = await resources.mutex.run(() => matrixEnergies(matrix, options));
  const { energy } = sums;
  if (!Number.isFinite(energy)) return null;
  return { ...(await denseSingularValues(matrix, { device, reference, energy, resources })), sums };
}
