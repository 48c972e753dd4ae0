import { ElementType, Graph, type Value } from '../../onnx/graph.ts';
import { type Device, float64Output, runGraph } from '../../onnx/session.ts';
import { CACHED_BYTES, eachStrip, loadMatrix, type MatrixSource } from '../load-matrix.ts';
import { type Band, bandStride, type Reflections } from './band-reduction.ts';
import type { Floats } from './dense.ts';

/** Steps of inverse iteration on the band: each gains the digits that σ_min is away from its neighbour. */
const BAND_STEPS = 3;

/** Corrections in float64: each gains the digits that float32 has left of the neighbour. */
const CORRECTIONS = 4;

interface RefineOptions {
  readonly device: Device;
  /** What the matrix was multiplied by before it was reduced. */
  readonly scale: number;
}

/**
 * The smallest singular value of a matrix whose band was made in float32, to far more digits, where its neighbour is well
 * above float32's noise.
 *
 * With A ≈ Q·B·Gᵀ, P = G·(BᵀB)⁻¹·Gᵀ is nearly the inverse of AᵀA and costs two triangular solves of a band. Inverse
 * iteration gives the direction v of the band's smallest; then v ← v − P·r + (vᵀP·r / vᵀP·v)·P·v, r = AᵀA·v − ρ·v, with
 * AᵀA·v in float64 (Olsen, Jørgensen & Simons 1990, Chem. Phys. Lett. 169(6)), and ‖A·v‖ is not squared. The second term
 * keeps out the band's own smallest direction, which P magnifies out of all bounds.
 *
 * @param band of the scaled matrix, or of its transpose if it is wide; not overwritten
 * @returns NaN if the band is singular to the last bit, or the iteration leaves the numbers
 */
export async function refineSmallest(
  matrix: MatrixSource,
  band: Band,
  reflections: readonly Reflections[],
  { device, scale }: RefineOptions,
): Promise<number> {
  const n = band.size;
  // Any start with a share of the wanted direction; a fixed one keeps the result the same from run to run.
  let x: Float64Array = Float64Array.from({ length: n }, (_, i) => Math.cos(i * i + 1));
  for (let step = 0; step < BAND_STEPS; step += 1) x = normalised(solveNormal(band, x));
  let v = normalised(fromBand(reflections, x));
  const solve = (y: Float64Array) => fromBand(reflections, solveNormal(band, toBand(reflections, y)));
  let smallest = Number.POSITIVE_INFINITY;
  for (let correction = 0; correction <= CORRECTIONS; correction += 1) {
    const { energy, product } = await normalProduct(matrix, v, scale, device);
    const value = Math.sqrt(energy);
    // ‖A·v‖ is never below the smallest σ: the least is the best.
    if (!(value < smallest)) break;
    smallest = value;
    const direction = v;
    const residual = product.map((entry, i) => entry - energy * (direction[i] ?? 0));
    const change = solve(residual);
    const inverse = solve(direction);
    const factor = dot(change, direction) / dot(inverse, direction);
    v = normalised(direction.map((entry, i) => entry - ((change[i] ?? 0) - factor * (inverse[i] ?? 0))));
  }
  return Number.isFinite(smallest) ? smallest / scale : Number.NaN;
}

/** ‖A·v‖² and AᵀA·v in float64 for a unit vector of the smaller side, A scaled; Aᵀ stands for A if A is wide. */
async function normalProduct(matrix: MatrixSource, v: Float64Array, scale: number, device: Device) {
  const [m, n] = matrix.view.shape;
  const isWide = m < n;
  const graph = new Graph();
  const scaled = v.map((entry) => entry * scale);
  const vector = graph.constant([...scaled], 'float64', isWide ? [1, m] : [n, 1]);
  // A strip of a wide matrix is a share of Aᵀ·v; a strip of any other is some of its rows.
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
  return { energy: found[0] ?? Number.NaN, product: found.slice(1).map((entry) => entry * scale) };
}

/** Solve BᵀB·x = y for an upper band B. A pivot that is zero is replaced by one far below rounding. */
function solveNormal({ entries, size, width }: Band, y: Float64Array): Float64Array {
  const stride = bandStride(width);
  const at = (i: number, j: number) => entries[i * stride + j - i + width] as number;
  let largest = 0;
  for (let i = 0; i < size; i += 1) largest = Math.max(largest, Math.abs(at(i, i)));
  const pivot = (i: number) => {
    const value = at(i, i);
    return Math.abs(value) > Number.EPSILON * Number.EPSILON * largest
      ? value
      : Number.EPSILON * Number.EPSILON * largest;
  };
  const x = Float64Array.from(y);
  for (let i = 0; i < size; i += 1) {
    const value = (x[i] as number) / pivot(i);
    x[i] = value;
    for (let j = i + 1; j < Math.min(size, i + width + 1); j += 1) x[j] = (x[j] as number) - at(i, j) * value;
  }
  for (let i = size - 1; i >= 0; i -= 1) {
    let sum = x[i] as number;
    for (let j = i + 1; j < Math.min(size, i + width + 1); j += 1) sum -= at(i, j) * (x[j] as number);
    x[i] = sum / pivot(i);
  }
  return x;
}

/** G·x. */
function fromBand(reflections: readonly Reflections[], x: Float64Array): Float64Array {
  const result = Float64Array.from(x);
  for (const reflection of reflections.toReversed()) reflect(reflection, result, false);
  return result;
}

/** Gᵀ·x. */
function toBand(reflections: readonly Reflections[], x: Float64Array): Float64Array {
  const result = Float64Array.from(x);
  for (const reflection of reflections) reflect(reflection, result, true);
  return result;
}

/** x ← x − V·S·(Vᵀx), or with Sᵀ. */
function reflect({ first, v, s, width }: Reflections, x: Float64Array, isTransposed: boolean): void {
  const length = x.length - first;
  const shares = new Float64Array(width);
  for (let k = 0; k < width; k += 1) shares[k] = dotAt(v, k * length, x, first);
  for (let k = 0; k < width; k += 1) {
    let factor = 0;
    for (let l = 0; l < width; l += 1)
      factor += (s[isTransposed ? l * width + k : k * width + l] as number) * (shares[l] as number);
    subtractAt(x, first, factor, v, k * length);
  }
}

/** The product of x from `first` on with as many entries of v. */
function dotAt(v: Floats, start: number, x: Float64Array, first: number): number {
  let sum = 0;
  for (let i = first, k = start; i < x.length; i += 1, k += 1) sum += (v[k] as number) * (x[i] as number);
  return sum;
}

/** x ← x − factor·v from `first` on. */
function subtractAt(x: Float64Array, first: number, factor: number, v: Floats, start: number): void {
  for (let i = first, k = start; i < x.length; i += 1, k += 1) x[i] = (x[i] as number) - factor * (v[k] as number);
}

function dot(a: Float64Array, b: Float64Array): number {
  return a.reduce((sum, value, i) => sum + value * (b[i] ?? 0), 0);
}

function normalised(v: Float64Array): Float64Array {
  // In units of its largest entry: an inverse may be as large as float64 goes.
  const largest = v.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const scaled = v.map((value) => value / largest);
  const length = Math.sqrt(dot(scaled, scaled));
  return scaled.map((value) => value / length);
}
