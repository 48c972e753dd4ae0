import { type Device, float64Output, openKernel, tensor } from '@shadow-gate/checkpoints/onnx';
import { ElementType, Graph } from '@shadow-gate/checkpoints/onnx/graph';
import { unchecked } from '../unchecked.ts';
import type { Floats } from './dense.ts';

/**
 * QR of a tall panel by Householder reflections in float64: P = Q·[R; 0], Q = I − U·T·Uᵀ. Golub & Van Loan, Matrix
 * Computations, 4th ed., §5.2.2. `openFactors` computes T.
 * @param panel [width, length]: the *columns* of P, each contiguous; entries before `from` are not part of it
 * @param u [width, length] receives the columns of U, rounded to its precision, zero before `from`; may be the panel
 * @param exact [width, length] receives the rounded columns in float64
 * @returns R, [width, width] row-major, upper triangular; for fewer rows than columns its first rows
 */
export function factorPanel(
  panel: Floats,
  width: number,
  length: number,
  from: number,
  u: Floats,
  exact: Float64Array,
): Float64Array {
  const rows = length - from;
  const r = new Float64Array(width * width);
  exact.set(panel);
  for (let k = 0; k < width; k += 1) {
    exact.fill(0, k * length, k * length + from);
    const v = exact.subarray(k * length + from, (k + 1) * length);
    // Above the diagonal the column is finished; v replaces it.
    for (let i = 0; i < Math.min(k, rows); i += 1) {
      r[i * width + k] = unchecked(v, i);
      v[i] = 0;
    }
    if (k >= rows) continue;
    const { alpha, tau } = reflection(v, k, rows);
    r[k * width + k] = alpha;
    if (tau !== 0) reflectColumns(exact, v, tau, { from, length, entry: k, first: k + 1, last: width });
  }
  u.set(exact);
  // Read the rounded columns back.
  if (u instanceof Float32Array) exact.set(u);
  return r;
}

/** Sums of squares below this are negligible compared with entries near 1, and their inverse would overflow. */
const TINY = 1e-290;

/** The reflection H = I − τ·v·vᵀ that maps v[from..] to (α, 0, …); v is overwritten by (0, 1, v′). */
function reflection(v: Float64Array, from: number, rows: number): { alpha: number; tau: number } {
  let squares = 0;
  for (let i = from + 1; i < rows; i += 1) squares += unchecked(v, i) * unchecked(v, i);
  const first = unchecked(v, from);
  if (squares < TINY) {
    v.fill(0, from);
    return { alpha: first, tau: 0 };
  }
  const norm = Math.sqrt(first * first + squares);
  const alpha = first > 0 ? -norm : norm;
  const inverse = 1 / (first - alpha);
  v[from] = 1;
  for (let i = from + 1; i < rows; i += 1) v[i] = unchecked(v, i) * inverse;
  return { alpha, tau: (alpha - first) / alpha };
}

/** The part of a panel that a reflection changes. */
interface Reach {
  /** The columns begin here, and are `length` apart. */
  readonly from: number;
  readonly length: number;
  /** v is zero before this entry. */
  readonly entry: number;
  readonly first: number;
  readonly last: number;
}

/** c ← c − τ·v·(vᵀc) for the columns from `first` to before `last`, four at a time, so that v is loaded once. */
function reflectColumns(
  a: Float64Array,
  v: Float64Array,
  tau: number,
  { from, length, entry, first, last }: Reach,
): void {
  const rows = length - from;
  const start = (column: number) => column * length + from;
  let column = first;
  for (; column + 4 <= last; column += 4) {
    const [c0, c1, c2, c3] = [start(column), start(column + 1), start(column + 2), start(column + 3)];
    let [s0, s1, s2, s3] = [0, 0, 0, 0];
    for (let i = entry; i < rows; i += 1) {
      const x = unchecked(v, i);
      s0 += x * unchecked(a, c0 + i);
      s1 += x * unchecked(a, c1 + i);
      s2 += x * unchecked(a, c2 + i);
      s3 += x * unchecked(a, c3 + i);
    }
    s0 *= tau;
    s1 *= tau;
    s2 *= tau;
    s3 *= tau;
    for (let i = entry; i < rows; i += 1) {
      const x = unchecked(v, i);
      a[c0 + i] = unchecked(a, c0 + i) - s0 * x;
      a[c1 + i] = unchecked(a, c1 + i) - s1 * x;
      a[c2 + i] = unchecked(a, c2 + i) - s2 * x;
      a[c3 + i] = unchecked(a, c3 + i) - s3 * x;
    }
  }
  for (; column < last; column += 1) {
    const c = start(column);
    let sum = 0;
    for (let i = entry; i < rows; i += 1) sum += unchecked(v, i) * unchecked(a, c + i);
    sum *= tau;
    for (let i = entry; i < rows; i += 1) a[c + i] = unchecked(a, c + i) - sum * unchecked(v, i);
  }
}

/**
 * T of Q = I − U·T·Uᵀ: T⁻¹ is the upper triangle of UᵀU with half its diagonal. T is zero where a column of U is.
 * Puglisi 1992, SIAM J. Sci. Stat. Comput. 13(3).
 *
 * It is computed from the rounded U. Q is orthogonal if and only if T⁻¹ + T⁻ᵀ = UᵀU, for any U, so rounding U rotates
 * the matrix slightly and does not stretch it.
 * @param gram UᵀU without its first `known` columns, [width, width − known]; only its upper triangle is read
 * @param before T of the first `known` columns
 * @returns [width, width] row-major, upper triangular
 */
function triangularFactor(gram: Float64Array, width: number, before: Float64Array, known: number): Float64Array {
  const count = width - known;
  const t = new Float64Array(width * width);
  for (let i = 0; i < known; i += 1) t.set(before.subarray(i * known, (i + 1) * known), i * width);
  for (let j = known; j < width; j += 1) {
    const column = j - known;
    const diagonal = unchecked(gram, j * count + column) / 2;
    if (diagonal === 0) continue;
    t[j * width + j] = 1 / diagonal;
    // Column j of the inverse: −T[..j, ..j]·G[..j, j] / G[j, j].
    for (let i = 0; i < j; i += 1) {
      let sum = 0;
      for (let k = i; k < j; k += 1) sum += unchecked(t, i * width + k) * unchecked(gram, k * count + column);
      t[i * width + j] = -sum / diagonal;
    }
  }
  return t;
}

/** Computes T of reflections; the products run in onnxruntime. */
export async function openFactors(device: Device) {
  const session = await openKernel(gramGraph(), device);
  return {
    /** @param exact columns of U, each contiguous: [width, length] @param before T of the first `known` columns */
    async of(exact: Float64Array, width: number, length: number, before: Float64Array = new Float64Array(), known = 0) {
      const rows = (first: number) =>
        tensor.floats(exact.subarray(first * length, width * length), [width - first, length]);
      const gram = float64Output(await session.run({ all: rows(0), last: rows(known) }), 'gram');
      return triangularFactor(gram, width, before, known);
    },
    release: () => session.release(),
  };
}

function gramGraph(): Graph {
  const graph = new Graph();
  const all = graph.input('all', ElementType.float64, ['all', 'length']);
  const last = graph.input('last', ElementType.float64, ['last', 'length']);
  graph.output('gram', graph.op('Gemm', [all, last], { transB: 1 }), ElementType.float64);
  return graph;
}
