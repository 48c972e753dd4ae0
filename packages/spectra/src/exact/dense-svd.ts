import type { Device } from '@shadow-gate/checkpoints/onnx';
import { gramMatrix, gramMemory, trace } from '../gram.ts';
import type { MatrixSource } from '../load-matrix.ts';
import type { Accumulation } from '../metrics-schema.ts';
import { unchecked } from '../unchecked.ts';
import { type Band, type Reflections, reduceToBand } from './band-reduction.ts';
import { type Dense, type DenseLoadOptions, LOAD_MEMORY, loadDense } from './dense.ts';
import { refineSmallest } from './refine-smallest.ts';
import type { SharedResources } from './solver.ts';
import { triangularize } from './tall-qr.ts';

/**
 * Share of σ₁ below which no σ is taken from float32: transformations leave noise of 10⁻⁷ to 10⁻⁶ σ₁ in place of zeros,
 * and `rank` counts values below 10⁻⁶.
 */
const LEAST_IN_FLOAT32 = 2e-6;

/** If many values are below this share, their sum and distribution are those of the noise. */
const SMALL_IN_FLOAT32 = 1e-5;
const FEW = 0.01;

/** Largest relative difference between the energies of the float32 spectrum and of the entries, summed in float64. */
const ENERGY_TOLERANCE = 1e-5;

/** Bytes of a matrix in memory. Larger ones use the Gram matrix, computed strip by strip. */
const DENSE_LIMIT = 1024 ** 3;

/** If one side is this many times the other, a QR decomposition first is less work. */
const TALL = 2;

interface DenseOptions {
  readonly device: Device;
  readonly reference: MatrixSource | null;
  /** ‖A‖_F² (or ‖A − reference‖_F²), finite. */
  readonly energy: number;
  readonly resources: SharedResources;
  /** Most bytes of a matrix in memory. */
  readonly limit?: number | undefined;
}

interface DenseSingularValues {
  /** Largest first. */
  readonly values: Float64Array;
  readonly accumulation: Accumulation;
  /** Is the smallest value accurate to far below 10⁻⁹ σ₁? */
  readonly isSmallestExact: boolean;
}

/**
 * The singular values of A, or of A − reference, by orthogonal transformations of the matrix itself: a tall one becomes
 * a triangle, then a band, whose singular values are computed in float64. The reduction is in float32 first, accurate
 * to about 10⁻⁷ σ₁. If that loses one σ, it is refined; if it loses more, everything is repeated in float64, accurate
 * to about 10⁻¹⁴ σ₁.
 */
export async function denseSingularValues(matrix: MatrixSource, options: DenseOptions): Promise<DenseSingularValues> {
  const { device, reference, energy, resources, limit = DENSE_LIMIT } = options;
  const { mutex, solver } = resources;
  const { shape } = matrix.view;
  if (energy === 0) {
    return { values: new Float64Array(Math.min(...shape)), accumulation: 'float64', isSmallestExact: true };
  }
  const isWide = [matrix, reference].some((part) => part?.source.dtype === 'F64');
  const scale = scaleOf(energy / (shape[0] * shape[1]), isWide);
  if (denseBytes(shape, 'float32') <= limit) {
    const found = await inFloat32(matrix, options, scale);
    if (found) return found;
  }
  if (denseBytes(shape, 'float64') <= limit) {
    const band = await mutex.run(() => bandOf(matrix, { reference, scale, precision: 'float64' }));
    const values = (await solver.values(band)).map((value) => value / scale);
    return { values, accumulation: 'float64', isSmallestExact: true };
  }
  const squared = await mutex.run(() => gramBand(matrix, reference, device));
  const values = (await solver.values(squared.band)).map((value) => Math.sqrt(value * squared.scale));
  return { values, accumulation: 'float64', isSmallestExact: false };
}

/** Copies of the square part during its reduction: the part cut off, and one that the allocator keeps. */
const SQUARES_ALIVE = 2;

/** Bytes that `denseSingularValues` needs at its peak. */
export function denseMemory(shape: readonly [number, number]): number {
  const size = Math.min(...shape);
  const need = (precision: Accumulation) => {
    const bytes = denseBytes(shape, precision);
    return bytes > DENSE_LIMIT ? 0 : bytes + LOAD_MEMORY + (SQUARES_ALIVE * bytes * size) / Math.max(...shape);
  };
  const gram = denseBytes(shape, 'float64') > DENSE_LIMIT ? gramMemory(shape) : 0;
  return Math.max(need('float32'), need('float64'), gram);
}

function denseBytes(shape: readonly [number, number], precision: Accumulation): number {
  return shape[0] * shape[1] * (precision === 'float32' ? 4 : 8);
}

/** Exponents of float32, with a margin. Squares overflow long before the exponents of float64 end. */
const FLOAT32_EXPONENT = 120;

/** A power of two that scales entries of this mean square to about 1, within the exponents of the dtype. */
function scaleOf(meanSquare: number, isWide: boolean): number {
  const exponent = -Math.round(Math.log2(meanSquare) / 2);
  return 2 ** (isWide ? exponent : Math.max(-FLOAT32_EXPONENT, Math.min(FLOAT32_EXPONENT, exponent)));
}

/** Number of values lost in the noise of float32; Infinity if none can be trusted. */
function countLost(values: Float64Array, energy: number): number {
  const largest = unchecked(values, 0);
  const found = values.reduceRight((sum, value) => sum + value * value, 0);
  if (!(Math.abs(found / energy - 1) <= ENERGY_TOLERANCE)) return Number.POSITIVE_INFINITY;
  const small = values.filter((value) => value < SMALL_IN_FLOAT32 * largest).length;
  if (small > FEW * values.length) return Number.POSITIVE_INFINITY;
  return values.filter((value) => value < LEAST_IN_FLOAT32 * largest).length;
}

/** @returns null where float64 is needed */
async function inFloat32(
  matrix: MatrixSource,
  { device, reference, energy, resources: { mutex, solver } }: DenseOptions,
  scale: number,
): Promise<DenseSingularValues | null> {
  // Rank loss is not judged for an update, and a triangle has other singular vectors than its matrix.
  const reflections: Reflections[] | null = reference === null && !isTall(matrix) ? [] : null;
  const onReflections = reflections ? (one: Reflections) => reflections.push(one) : undefined;
  const band = await mutex.run(() => bandOf(matrix, { reference, scale, precision: 'float32' }, onReflections));
  const kept = reflections && { ...band, entries: band.entries.slice() };
  const values = (await solver.values(band)).map((value) => value / scale);
  const lost = countLost(values, energy);
  if (lost === 0 || (lost === 1 && reference !== null))
    return { values, accumulation: 'float32', isSmallestExact: lost === 0 };
  if (lost > 1 || !kept) return null;
  const smallest = await mutex.run(() => refineSmallest(matrix, kept, reflections, { scale, device }));
  if (Number.isNaN(smallest)) return null;
  values[values.length - 1] = smallest;
  return { values, accumulation: 'float32', isSmallestExact: true };
}

function isTall({ view: { shape } }: MatrixSource): boolean {
  return Math.max(...shape) >= TALL * Math.min(...shape);
}

/** Panels go back and forth between onnxruntime and JavaScript: this is CPU work whatever the device. */
const CPU: Device = { name: 'cpu', reason: 'panels are factored in JavaScript' };

type Loading = Pick<DenseLoadOptions, 'reference' | 'scale' | 'precision'>;

async function bandOf(
  matrix: MatrixSource,
  options: Loading,
  onReflections?: (reflections: Reflections) => void,
): Promise<Band> {
  return reduceToBand(await squareOf(matrix, options), CPU, { onReflections });
}

/** The matrix to reduce: for a tall one, its triangle (the matrix itself is freed). */
async function squareOf(matrix: MatrixSource, options: Loading): Promise<Dense> {
  const [m, n] = matrix.view.shape;
  // QR needs contiguous columns; the reduction needs a matrix that is not wide.
  const transposed = isTall(matrix) ? m > n : m < n;
  const dense = await loadDense(matrix, { ...options, transposed }, CPU);
  return isTall(matrix) ? triangularize(dense, CPU) : dense;
}

/** The Gram matrix is positive semidefinite: its singular values are the squares of A's. */
async function gramBand(matrix: MatrixSource, reference: MatrixSource | null, device: Device) {
  const { gram, size } = await gramMatrix(matrix, device, { reference });
  const sum = trace(gram, size);
  const scale = sum > 0 ? sum / size : 1;
  for (let i = 0; i < gram.length; i += 1) gram[i] = unchecked(gram, i) / scale;
  return { band: await reduceToBand({ data: gram, rows: size, columns: size }, CPU), scale };
}
