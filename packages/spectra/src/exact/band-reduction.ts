import {
  type Device,
  openKernel,
  type Session,
  type Tensor,
  tensor,
  tensorOutput,
} from '@shadow-gate/checkpoints/onnx';
import { ElementType, Graph, type Value } from '@shadow-gate/checkpoints/onnx/graph';
import type { Accumulation } from '../metrics-schema.ts';
import { unchecked } from '../unchecked.ts';
import { type Dense, type Floats, floats, floatsAccumulation } from './dense.ts';
import { factorPanel, openFactors } from './panel-qr.ts';

/** An upper band [size, size]: entry (i, j) is at i·stride + j − i + width, for i − width ≤ j ≤ i + 2·width. */
export interface Band {
  readonly entries: Float64Array;
  readonly size: number;
  /** Number of superdiagonals, and the width of the panels. */
  readonly width: number;
}

/** Reflections from the right: I − V·S·Vᵀ on the indices from `first` on. */
export interface Reflections {
  readonly first: number;
  /** The columns of V, each contiguous: [width, size − first]. */
  readonly v: Floats;
  /** [width, width] row-major. */
  readonly s: Float64Array;
  readonly width: number;
}

/** Entries per row of a band, with room for bulges on both sides. */
export function bandStride(width: number): number {
  return 3 * width + 1;
}

/** Remaining superdiagonals. More make the products here faster and the bulge chasing slower. */
const BAND_WIDTH = 24;

/** Columns per update of the rest of the matrix: the more, the faster that product. */
const BLOCK = 240;

interface ReductionOptions {
  readonly width?: number | undefined;
  readonly onReflections?: ((reflections: Reflections) => void) | undefined;
}

/**
 * Reduce a matrix to an upper band with the same singular values, by block Householder reflections alternately from the
 * left and the right. Großer & Lang 1999 (Parallel Computing 25) for the band; LAPACK's labrd (Dongarra, Sorensen &
 * Hammarling 1989) for the delayed update, here with panels instead of vectors:
 *
 * A = A₀ − Lᵀ·M. A reflection from the left appends (Uᵀ; Yᵀ) to (L; M) with Y = Aᵀ·U·T, one from the right appends
 * (Xᵀ; Vᵀ) with X = A·V·S. So each panel costs two products of A₀ with a thin matrix, and A₀ changes once per BLOCK of
 * columns. 8/3·n³ operations for n × n, all in onnxruntime except for the panels.
 * @param matrix rows ≥ columns; overwritten
 * @param onReflections receives the reflections from the right, first to last: A·G = Q·B with G their product
 */
export async function reduceToBand(
  matrix: Dense,
  device: Device,
  { width = BAND_WIDTH, onReflections }: ReductionOptions = {},
): Promise<Band> {
  const { rows, columns } = matrix;
  if (rows < columns) throw new RangeError(`${rows} × ${columns} is not tall`);
  const stride = bandStride(width);
  const entries = new Float64Array(columns * stride);
  const precision = floatsAccumulation(matrix.data);
  const kernels = await openKernels(precision, device);
  const factors = await openFactors(device);
  /** The current panel in float64. */
  const exact = new Float64Array(width * rows);
  const factor: Tools['factor'] = async (panel, taken, length, from, u) => {
    const r = factorPanel(panel, taken, length, from, u, exact.subarray(0, taken * length));
    return { r, t: await factors.of(exact, taken, length) };
  };
  try {
    const block = Math.max(width, Math.floor(BLOCK / width) * width);
    const count = Math.min(block, columns);
    const delayed = { l: floats(precision, 2 * count * rows), m: floats(precision, 2 * count * columns) };
    let rest: Dense = matrix;
    for (let done = 0; done < columns; done += block) {
      const put = (i: number, j: number, value: number) => {
        entries[(done + i) * stride + j - i + width] = value;
      };
      const keep = (reflections: Reflections) =>
        onReflections?.({ ...reflections, first: done + reflections.first, v: reflections.v.slice() });
      rest = await reduceBlock(rest, delayed, Math.min(block, columns - done), width, { kernels, factor, put, keep });
    }
  } finally {
    await factors.release();
    await kernels.release();
  }
  return { entries, size: columns, width };
}

interface Tools {
  readonly kernels: Kernels;
  /** R and T of a panel, and U: see `factorPanel`. */
  factor(
    panel: Floats,
    width: number,
    length: number,
    from: number,
    u: Floats,
  ): Promise<Record<'r' | 't', Float64Array>>;
  /** Set an entry of the band. */
  put(i: number, j: number, value: number): void;
  keep(reflections: Reflections): void;
}

/** Reduce the first `count` columns and rows of A. @returns the rest of A, in the same memory */
async function reduceBlock(
  a: Dense,
  { l, m }: Pick<State, 'l' | 'm'>,
  count: number,
  width: number,
  { kernels, factor, put, keep }: Tools,
): Promise<Dense> {
  const { rows, columns } = a;
  let rank = 0;
  let panel = columnPanel(a, Math.min(width, count));
  for (let j = 0; j < count; j += width) {
    const taken = Math.min(width, count - j);
    const left = await factor(panel, taken, rows, j, l.subarray(rank * rows, (rank + taken) * rows));
    for (let i = 0; i < taken; i += 1)
      for (let k = i; k < taken; k += 1) put(j + i, j + k, unchecked(left.r, i * taken + k));
    const start = j + taken;
    if (start === columns) return { data: a.data.subarray(0, 0), rows: rows - start, columns: 0 };
    const across = await kernels.afterLeft({ a, l, m, rank, taken, factor: left.t, from: j });
    rank += taken;
    const right = await factor(across, taken, columns, start, m.subarray(rank * columns, (rank + taken) * columns));
    // The panel holds rows, and its transpose was factored: R is transposed, hence lower triangular.
    const wide = Math.min(taken, columns - start);
    for (let i = 0; i < taken; i += 1) {
      for (let k = 0; k <= Math.min(i, wide - 1); k += 1) put(j + i, start + k, unchecked(right.r, k * taken + i));
    }
    keep({ first: 0, v: m.subarray(rank * columns, (rank + taken) * columns), s: right.t, width: taken });
    const next = Math.min(width, count - start);
    panel = await kernels.afterRight({ a, l, m, rank, taken, factor: right.t, from: start, next });
    rank += taken;
  }
  return kernels.update({ a, l, m, rank, done: count });
}

/** The first columns of A, each contiguous. */
function columnPanel({ data, rows, columns }: Dense, width: number): Floats {
  const panel = floats(floatsAccumulation(data), width * rows);
  for (let i = 0; i < rows; i += 1) {
    for (let k = 0; k < width; k += 1) panel[k * rows + i] = data[i * columns + k] as number;
  }
  return panel;
}

/** A = A₀ − Lᵀ·M with the first `rank` rows of L and M, and a panel of `taken` reflections. */
interface State {
  readonly a: Dense;
  readonly l: Floats;
  readonly m: Floats;
  readonly rank: number;
}
interface Step extends State {
  readonly taken: number;
  /** T of the panel. */
  readonly factor: Float64Array;
  readonly from: number;
}

type Kernels = Awaited<ReturnType<typeof openKernels>>;

async function openKernels(type: Accumulation, device: Device) {
  const sessions: Session[] = [];
  const open = async (graph: Graph) => {
    const session = await openKernel(graph, device);
    sessions.push(session);
    return session;
  };
  const left = await open(leftGraph(ElementType[type]));
  const right = await open(rightGraph(ElementType[type]));
  const update = await open(updateGraph(ElementType[type]));
  const matrix = (data: Floats, rows: number, columns: number, first = 0): Tensor =>
    tensor.floats(data.subarray(first * columns, (first + rows) * columns), [rows, columns]);
  const feedsOf = ({ a, l, m, rank }: State, done = 0) => ({
    A: matrix(a.data, a.rows - done, a.columns, done),
    L: matrix(l, rank, a.rows),
    M: matrix(m, rank, a.columns),
  });
  const index = (value: number) => tensor.int64([value], [1]);
  return {
    /** With Uᵀ in L at `rank`: writes Yᵀ to M there, and returns the rows of A from `from` on, [taken, columns]. */
    async afterLeft(step: Step): Promise<Floats> {
      const { a, l, m, rank, taken, factor, from } = step;
      const feeds = {
        ...feedsOf(step),
        U: matrix(l, taken, a.rows, rank),
        T: matrix(factor, taken, taken),
        start: index(from),
        end: index(from + taken),
      };
      const outputs = await left.run(feeds, { Y: matrix(m, taken, a.columns, rank), panel: null });
      return tensorOutput(outputs, 'panel').data as Floats;
    },
    /** With Vᵀ in M at `rank`: writes Xᵀ to L there, and returns the columns of A from `from` on, [next, rows]. */
    async afterRight(step: Step & { readonly next: number }): Promise<Floats> {
      const { a, l, m, rank, taken, factor, from, next } = step;
      const feeds = {
        ...feedsOf(step),
        V: matrix(m, taken, a.columns, rank),
        S: matrix(factor, taken, taken),
        start: index(from),
        end: index(from + next),
      };
      const outputs = await right.run(feeds, { X: matrix(l, taken, a.rows, rank), panel: null });
      return tensorOutput(outputs, 'panel').data as Floats;
    },
    /** A₀ − Lᵀ·M without its first `done` rows and columns, in the memory of A₀. */
    async update({ done, ...state }: State & { readonly done: number }): Promise<Dense> {
      const { a } = state;
      const [rows, columns] = [a.rows - done, a.columns - done];
      await update.run({ ...feedsOf(state, done), start: index(done) }, { rest: matrix(a.data, rows, columns) });
      return { data: a.data.subarray(0, rows * columns), rows, columns };
    },
    async release(): Promise<void> {
      for (const session of sessions) await session.release();
    },
  };
}

/** Options of a Gemm that computes C − Aᵀ·B. */
const SUBTRACT = { alpha: { float: -1 }, transA: 1 };
/** An index after the end of every matrix. */
const END = 2 ** 31 - 1;

/** A₀, L and M of A = A₀ − Lᵀ·M, as inputs. */
function delayedMatrix(graph: Graph, type: ElementType, rows: 'rows' | 'rest') {
  const [a, l] = [graph.input('A', type, [rows, 'columns']), graph.input('L', type, ['rank', 'rows'])];
  return { a, l, m: graph.input('M', type, ['rank', 'columns']) };
}

/** Yᵀ = Tᵀ·(Uᵀ·A₀ − (Uᵀ·Lᵀ)·M), and the current rows of A with this reflection applied. */
function leftGraph(type: ElementType): Graph {
  const graph = new Graph();
  const { a, l, m } = delayedMatrix(graph, type, 'rows');
  const u = graph.input('U', type, ['width', 'rows']);
  const t = graph.input('T', ElementType.float64, ['width', 'width']);
  const cut = range(graph);
  const delayed = graph.op('Gemm', [u, l], { transB: 1 });
  const product = graph.op('Gemm', [delayed, m, graph.op('MatMul', [u, a])], { alpha: { float: -1 } });
  const y = graph.cast(graph.op('Gemm', [t, wide(graph, product)], { transA: 1 }), type);
  const panel = graph.op('Gemm', [cut(l, 1), m, cut(a, 0)], SUBTRACT);
  graph.output('Y', y, type);
  graph.output('panel', graph.op('Gemm', [cut(u, 1), y, panel], SUBTRACT), type);
  return graph;
}

/** Xᵀ = Sᵀ·(A₀·V − Lᵀ·(M·V))ᵀ, and the next columns of A with this reflection applied. */
function rightGraph(type: ElementType): Graph {
  const graph = new Graph();
  const { a, l, m } = delayedMatrix(graph, type, 'rows');
  const v = graph.input('V', type, ['width', 'columns']);
  const s = graph.input('S', ElementType.float64, ['width', 'width']);
  const cut = range(graph);
  const delayed = graph.op('Gemm', [m, v], { transB: 1 });
  const product = graph.op('Gemm', [l, delayed, graph.op('Gemm', [a, v], { transB: 1 })], SUBTRACT);
  const x = graph.cast(graph.op('Gemm', [s, wide(graph, product)], { transA: 1, transB: 1 }), type);
  const columns = graph.op('Transpose', [cut(a, 1)], { perm: [1, 0] });
  const panel = graph.op('Gemm', [cut(m, 1), l, columns], SUBTRACT);
  graph.output('X', x, type);
  graph.output('panel', graph.op('Gemm', [cut(v, 1), x, panel], SUBTRACT), type);
  return graph;
}

/** In float64, which costs hardly any time: an error in the product with T would stretch the matrix. */
function wide(graph: Graph, value: Value): Value {
  return graph.cast(value, ElementType.float64);
}

/** A₀ − Lᵀ·M without its first columns and rows; A₀ comes without these rows. */
function updateGraph(type: ElementType): Graph {
  const graph = new Graph();
  const { a, l, m } = delayedMatrix(graph, type, 'rest');
  const start = graph.input('start', ElementType.int64, [1]);
  const rest = (value: Value) =>
    graph.op('Slice', [value, start, graph.constant([END], 'int64'), graph.constant([1], 'int64')]);
  graph.output('rest', graph.op('Gemm', [rest(l), rest(m), rest(a)], SUBTRACT), type);
  return graph;
}

/** A function that cuts `start ≤ index < end` out of a value along an axis. */
function range(graph: Graph): (value: Value, axis: 0 | 1) => Value {
  const start = graph.input('start', ElementType.int64, [1]);
  const end = graph.input('end', ElementType.int64, [1]);
  return (value, axis) => graph.op('Slice', [value, start, end, graph.constant([axis], 'int64')]);
}
