import { type Device, float64Output, runGraph } from '@shadow-gate/checkpoints/onnx';
import { ElementType, Graph, type Value } from '@shadow-gate/checkpoints/onnx/graph';
import { CACHED_BYTES, eachStrip, loadMatrix, type MatrixSource } from '../load-matrix.ts';
import { unchecked } from '../unchecked.ts';
import { type Band, bandStride, type Reflections } from './band-reduction.ts';
import type { Floats } from './dense.ts';

/** Steps of inverse iteration on the band. Each gains the digits that separate σ_min from the next value. */
const BAND_STEPS = 3;

/** Corrections in float64. Each gains the digits of the next value that float32 resolves. */
const CORRECTIONS = 4;

interface RefineOptions {
  readonly device: Device;
  /** Factor of the matrix before its reduction. */
  readonly scale: number;
}

/**
 * The smallest singular value of a matrix whose band was computed in float32, to far more digits, if the next value is
 * well above the noise of float32.
 *
 * With A ≈ Q·B·Gᵀ, P = G·(BᵀB)⁻¹·Gᵀ is nearly the inverse of AᵀA and costs two triangular solves of a band. Inverse
 * iteration gives the direction v of the band's smallest value; then v ← v − P·r + (vᵀP·r / vᵀP·v)·P·v, r = AᵀA·v −
 * ρ·v, with AᵀA·v in float64 (Olsen, Jørgensen & Simons 1990, Chem. Phys. Lett. 169(6)), and ‖A·v‖ is not squared. The
 * second term removes the band's own smallest direction, which P amplifies without limit.
 * @param band of the scaled matrix, or of its transpose if it is wide; not overwritten
 * @param reflections that led to the band, first to last
 * @returns NaN if the band is exactly singular, or the iteration overflows
 */
export async function refineSmallest(
  matrix: MatrixSource,
  band: Band,
  reflections: readonly Reflections[],
  { device, scale }: RefineOptions,
): Promise<number> {
  const n = band.size;
  // Any start with a part in the wanted direction will do; a fixed one gives the same result in every run.
  let x: Float64Array = Float64Array.from({ length: n }, (_, i) => Math.cos(i * i + 1));
  for (let step = 0; step < BAND_STEPS; step += 1) x = normalized(solveNormal(band, x));
  let v = normalized(fromBand(reflections, x));
  const solve = (y: Float64Array) => fromBand(reflections, solveNormal(band, toBand(reflections, y)));
  let smallest = Number.POSITIVE_INFINITY;
  for (let correction = 0; correction <= CORRECTIONS; correction += 1) {
    const { energy, product } = await normalProduct(matrix, v, scale, device);
    const value = Math.sqrt(energy);
    // ‖A·v‖ is never below the smallest σ: the smallest is the best.
    if (!(value < smallest)) break;
    smallest = value;
    const direction = v;
    const residual = product.map((entry, i) => entry - energy * unchecked(direction, i));
    const change = solve(residual);
    const inverse = solve(direction);
    const factor = dot(change, direction) / dot(inverse, direction);
    v = normalized(direction.map((entry, i) => entry - (unchecked(change, i) - factor * unchecked(inverse, i))));
  }
  return Number.isFinite(smallest) ? smallest / scale : Number.NaN;
}

/** ‖A·v‖² and AᵀA·v in float64 for the scaled A and a unit vector of its smaller side; with Aᵀ for A if A is wide. */
async function normalProduct(matrix: MatrixSource, v: Float64Array, scale: number, device: Device) {
  const [m, n] = matrix.view.shape;
  const isWide = m < n;
  const graph = new Graph();
  const scaled = v.map((entry) => entry * scale);
  const vector = graph.constant([...scaled], 'float64', isWide ? [1, m] : [n, 1]);
  // Strips are columns of a wide matrix and rows of any other, so their results add up.
  const whole = loadMatrix(graph, matrix);
  const sums: Value[] = [];
  const sumStrip = (cut: (value: Value) => Value) => {
    const strip = graph.cast(cut(whole), ElementType.float64);
    const image = graph.op('Gemm', isWide ? [vector, strip] : [strip, vector]);
    const back = graph.op('Gemm', isWide ? [strip, image] : [image, strip], isWide ? { transB: 1 } : { transA: 1 });
    const square = graph.op('ReduceSumSquare', [image], { keepdims: 1 });
    sums.push(graph.op('Concat', [graph.reshape(square, [1]), graph.reshape(back, [-1])], { axis: 0 }));
    return sums.slice(-1);
  };
  eachStrip(graph, [m, n], isWide ? 1 : 0, sumStrip, CACHED_BYTES);
  graph.output('sum', graph.sum(sums), ElementType.float64);
  const found = float64Output(await runGraph(graph, device), 'sum');
  return { energy: unchecked(found, 0), product: found.slice(1).map((entry) => entry * scale) };
}

/** Solve BᵀB·x = y for an upper band B. A zero pivot is replaced by one far below the rounding error. */
function solveNormal({ entries, size, width }: Band, y: Float64Array): Float64Array {
  const stride = bandStride(width);
  const b = (i: number, j: number) => unchecked(entries, i * stride + j - i + width);
  let largest = 0;
  for (let i = 0; i < size; i += 1) largest = Math.max(largest, Math.abs(b(i, i)));
  const least = Number.EPSILON * Number.EPSILON * largest;
  const pivot = (i: number) => (Math.abs(b(i, i)) > least ? b(i, i) : least);
  const x = Float64Array.from(y);
  for (let i = 0; i < size; i += 1) {
    const value = unchecked(x, i) / pivot(i);
    x[i] = value;
    for (let j = i + 1; j < Math.min(size, i + width + 1); j += 1) x[j] = unchecked(x, j) - b(i, j) * value;
  }
  for (let i = size - 1; i >= 0; i -= 1) {
    let sum = unchecked(x, i);
    for (let j = i + 1; j < Math.min(size, i + width + 1); j += 1) sum -= b(i, j) * unchecked(x, j);
    x[i] = sum / pivot(i);
  }
  return x;
}

/** G·x. */
function fromBand(reflections: readonly Reflections[], x: Float64Array): Float64Array {
  const result = Float64Array.from(x);
  for (const reflection of reflections.toReversed()) reflect(reflection, result, { isTransposed: false });
  return result;
}

/** Gᵀ·x. */
function toBand(reflections: readonly Reflections[], x: Float64Array): Float64Array {
  const result = Float64Array.from(x);
  for (const reflection of reflections) reflect(reflection, result, { isTransposed: true });
  return result;
}

/** x ← x − V·S·(Vᵀx), or with Sᵀ. */
function reflect(
  { first, v, s, width }: Reflections,
  x: Float64Array,
  { isTransposed }: { isTransposed: boolean },
): void {
  const length = x.length - first;
  const coefficients = new Float64Array(width);
  for (let k = 0; k < width; k += 1) coefficients[k] = dotAt(v, k * length, x, first);
  for (let k = 0; k < width; k += 1) {
    let factor = 0;
    for (let l = 0; l < width; l += 1)
      factor += unchecked(s, isTransposed ? l * width + k : k * width + l) * unchecked(coefficients, l);
    subtractAt(x, first, factor, v, k * length);
  }
}

function dotAt(v: Floats, start: number, x: Float64Array, first: number): number {
  let sum = 0;
  for (let i = first, k = start; i < x.length; i += 1, k += 1) sum += unchecked(v, k) * unchecked(x, i);
  return sum;
}

function subtractAt(x: Float64Array, first: number, factor: number, v: Floats, start: number): void {
  for (let i = first, k = start; i < x.length; i += 1, k += 1) x[i] = unchecked(x, i) - factor * unchecked(v, k);
}

function dot(a: Float64Array, b: Float64Array): number {
  return a.reduce((sum, value, i) => sum + value * unchecked(b, i), 0);
}

function normalized(v: Float64Array): Float64Array {
  // In units of the largest entry, since an inverse may be as large as float64 allows.
  const largest = v.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const scaled = v.map((value) => value / largest);
  const length = Math.sqrt(dot(scaled, scaled));
  return scaled.map((value) => value / length);
}
