import type { Device } from '../../onnx/session.ts';
import { gramMatrix, gramMemory } from '../gram.ts';
import type { MatrixSource } from '../load-matrix.ts';
import type { Precision } from '../metrics-schema.ts';
import { type Band, type Reflections, reduceToBand } from './band-reduction.ts';
import { type BandSolver, SOLVE_HERE } from './band-solver.ts';
import { type Dense, LOAD_MEMORY, type LoadOptions, loadDense } from './dense.ts';
import { refineSmallest } from './refine-smallest.ts';
import { Turns } from './shared-resources.ts';
import { triangularise } from './tall-qr.ts';

/** What spectra that are measured at the same time share. */
export interface Workshop {
  /** One matrix at a time is in memory and has the device. */
  readonly turns: Turns;
  /** Meanwhile, the band of the one before becomes singular values. */
  readonly solver: BandSolver;
}

export const WORK_ALONE: Workshop = { turns: new Turns(), solver: SOLVE_HERE };

/**
 * A σ below this share of σ₁ is not taken from float32: its orthogonal transformations leave noise of 10⁻⁷ to 10⁻⁶ σ₁ in
 * place of zeros, and `rank` counts what is below 10⁻⁶.
 */
const FLOAT32_FLOOR = 2e-6;

/** Nor are more than a few below this one: their sum and their distribution would be those of the noise. */
const FLOAT32_SMALL = 1e-5;
const FLOAT32_FEW = 0.01;

/** How far the energy of the spectrum in float32 may be from that of the entries, which is summed in float64. */
const ENERGY_TOLERANCE = 1e-5;

/** Bytes of a matrix in memory. Larger ones go through their Gram matrix, which is made strip by strip. */
const DENSE_LIMIT = 1024 ** 3;

/** Where rows are this many times the columns, or the other way round, a QR decomposition first is less work. */
const TALL = 2;

export interface DenseValues {
  /** Largest first. */
  readonly values: Float64Array;
  readonly accumulation: Precision;
  /** Is the smallest right to far below 10⁻⁹ σ₁? */
  readonly isSmallestExact: boolean;
}

/**
 * The singular values of A, or of A − reference, by orthogonal transformations of the matrix itself: to a triangle if it
 * is tall, to a band, and from there in float64. In float32 first, right to about 10⁻⁷ σ₁. One single σ that is lost in
 * that is refined; where more are, all is done once more in float64, right to about 10⁻¹⁴ σ₁.
 * @param energy ‖A‖_F², finite
 * @param limit bytes of a matrix in memory
 */
export async function denseValues(
  matrix: MatrixSource,
  reference: MatrixSource | null,
  energy: number,
  device: Device,
  workshop: Workshop,
  limit = DENSE_LIMIT,
): Promise<DenseValues> {
  const { turns, solver } = workshop;
  const { shape } = matrix.view;
  if (energy === 0) {
    return { values: new Float64Array(Math.min(...shape)), accumulation: 'float64', isSmallestExact: true };
  }
  const isWide = [matrix, reference].some((part) => part?.source.dtype === 'F64');
  const scale = scaleOf(energy / (shape[0] * shape[1]), isWide);
  if (denseBytes(shape, 'float32') <= limit) {
    const found = await throughFloat32(matrix, reference, energy, scale, device, workshop);
    if (found) return found;
  }
  if (denseBytes(shape, 'float64') <= limit) {
    const band = await turns.take(() => bandOf(matrix, { reference, scale, precision: 'float64' }));
    const values = (await solver.values(band)).map((value) => value / scale);
    return { values, accumulation: 'float64', isSmallestExact: true };
  }
  const squared = await turns.take(() => gramBand(matrix, reference, device));
  const values = (await solver.values(squared.band)).map((value) => Math.sqrt(value * squared.scale));
  return { values, accumulation: 'float64', isSmallestExact: false };
}

/** Copies of the square part alive at once while the band is made: what is cut off, and what the allocator keeps. */
const SQUARES_ALIVE = 2;

/** Bytes that `denseValues` needs at its peak. */
export function denseMemory(shape: readonly [number, number]): number {
  const size = Math.min(...shape);
  const need = (precision: Precision) => {
    const bytes = denseBytes(shape, precision);
    return bytes > DENSE_LIMIT ? 0 : bytes + LOAD_MEMORY + (SQUARES_ALIVE * bytes * size) / Math.max(...shape);
  };
  const gram = denseBytes(shape, 'float64') > DENSE_LIMIT ? gramMemory(shape) : 0;
  return Math.max(need('float32'), need('float64'), gram);
}

function denseBytes(shape: readonly [number, number], precision: Precision): number {
  return shape[0] * shape[1] * (precision === 'float32' ? 4 : 8);
}

/** Exponents of float32, with room; those of float64 end far behind what squares allow. */
const FLOAT32_EXPONENT = 120;

/** A power of two that brings entries of this mean square near 1, as far as the type of the file can say it. */
function scaleOf(meanSquare: number, isWide: boolean): number {
  const exponent = -Math.round(Math.log2(meanSquare) / 2);
  return 2 ** (isWide ? exponent : Math.max(-FLOAT32_EXPONENT, Math.min(FLOAT32_EXPONENT, exponent)));
}

/** How many of these values float32 cannot have told from its noise: Infinity if it is not to be trusted at all. */
function countLost(values: Float64Array, energy: number): number {
  const [largest = 0] = values;
  const found = values.reduceRight((sum, value) => sum + value * value, 0);
  if (!(Math.abs(found / energy - 1) <= ENERGY_TOLERANCE)) return Number.POSITIVE_INFINITY;
  const small = values.filter((value) => value < FLOAT32_SMALL * largest).length;
  if (small > FLOAT32_FEW * values.length) return Number.POSITIVE_INFINITY;
  return values.filter((value) => value < FLOAT32_FLOOR * largest).length;
}

/** @returns null where float64 is needed */
async function throughFloat32(
  matrix: MatrixSource,
  reference: MatrixSource | null,
  energy: number,
  scale: number,
  device: Device,
  { turns, solver }: Workshop,
): Promise<DenseValues | null> {
  // Of an update the rank is not judged; a triangle has other directions than its matrix.
  const reflections: Reflections[] | null = reference === null && !isTall(matrix) ? [] : null;
  const onReflections = reflections ? (one: Reflections) => reflections.push(one) : undefined;
  const band = await turns.take(() => bandOf(matrix, { reference, scale, precision: 'float32' }, onReflections));
  const kept = reflections && { ...band, entries: band.entries.slice() };
  const values = (await solver.values(band)).map((value) => value / scale);
  const lost = countLost(values, energy);
  if (lost === 0 || (lost === 1 && reference !== null))
    return { values, accumulation: 'float32', isSmallestExact: lost === 0 };
  if (lost > 1 || !kept) return null;
  const smallest = await turns.take(() => refineSmallest(matrix, kept, reflections, scale, device));
  if (Number.isNaN(smallest)) return null;
  values[values.length - 1] = smallest;
  return { values, accumulation: 'float32', isSmallestExact: true };
}

function isTall({ view: { shape } }: MatrixSource): boolean {
  return Math.max(...shape) >= TALL * Math.min(...shape);
}

/** Panels go back and forth between onnxruntime and JavaScript: whatever the device, this is work for the processor. */
const PROCESSOR: Device = { name: 'cpu', reason: 'panels are factored in JavaScript' };

type Loading = Pick<LoadOptions, 'reference' | 'scale' | 'precision'>;

async function bandOf(
  matrix: MatrixSource,
  options: Loading,
  onReflections?: (reflections: Reflections) => void,
): Promise<Band> {
  return reduceToBand(await squareOf(matrix, options), PROCESSOR, { onReflections });
}

/** What the band is made of: the triangle of a tall matrix, which itself nobody needs any more, or the matrix. */
async function squareOf(matrix: MatrixSource, options: Loading): Promise<Dense> {
  const [m, n] = matrix.view.shape;
  // The triangle is made of columns in one piece, the band of a matrix that is not wide.
  const transposed = isTall(matrix) ? m > n : m < n;
  const dense = await loadDense(matrix, { ...options, transposed }, PROCESSOR);
  return isTall(matrix) ? triangularise(dense, PROCESSOR) : dense;
}

/** The Gram matrix is positive semidefinite: its singular values are its eigenvalues, the squares of those of A. */
async function gramBand(matrix: MatrixSource, reference: MatrixSource | null, device: Device) {
  const { gram, size } = await gramMatrix(matrix, device, { subtrahend: reference ?? undefined });
  let trace = 0;
  for (let i = 0; i < size; i += 1) trace += gram[i * size + i] ?? Number.NaN;
  const scale = trace > 0 ? trace / size : 1;
  for (let i = 0; i < gram.length; i += 1) gram[i] = (gram[i] ?? Number.NaN) / scale;
  return { band: await reduceToBand({ data: gram, rows: size, columns: size }, PROCESSOR), scale };
}
