import {
  type Device,
  float32Data,
  float32Output,
  openSession,
  type Session,
  type SessionOutputs,
  type Tensor,
  tensor,
  tensorOutput,
} from '@shadow-gate/checkpoints/onnx';
import { ElementType, Graph, type Value } from '@shadow-gate/checkpoints/onnx/graph';
import type { MatrixSource } from '../load-matrix.ts';
import type { ExplicitGram } from './explicit-gram.ts';
import { float32Matrix } from './float32-matrix.ts';
import { type GramError, NO_ERROR } from './gram-error.ts';
import { openVectors, panelRowCount, type Vectors } from './panels.ts';

/** S·X, split into the parts inside and outside the span of Q. The rows of a panel are vectors. */
export interface OperatorStep {
  /** Q·(S·Xᵀ), [rows of Q, b], minus the part in `near`. */
  readonly inside: Float32Array;
  /** The part for the last rows of Q, which have nearly all of it. */
  readonly near: Float32Array;
  /** S·X minus its part in the span of Q, [b, n]. */
  readonly outside: Tensor;
  /** outside·outsideᵀ, [b, b]. */
  readonly gram: Float32Array;
}

/** A panel after a linear map of its rows. */
export interface Panel {
  readonly rows: Tensor;
  /** rows·rowsᵀ, [b, b]. */
  readonly gram: Float32Array;
}

/** An index after every row. */
const LAST = 2 ** 31 - 1;

/** Largest scale (its inverse is the smallest) that float32 panels can take on both sides of a product. */
const LARGEST_ROOT = 1e16;

interface OperatorOptions {
  readonly device: Device;
  readonly reference: MatrixSource | null;
  /** ‖A − reference‖_F² > 0. */
  readonly energy: number;
  /** S, if it was formed. Otherwise A is read and converted once, and each product with S is two with A. */
  readonly gram: ExplicitGram | null;
  /** Are few products enough? Packing A pays from 25 products on. */
  readonly isForFew?: boolean;
}

/** S = AᵀA (or AAᵀ, on the smaller side) as an operator in float32, scaled so that its trace is n. */
export class Operator {
  /** min(m, n) of the matrix: the size of S. */
  readonly size: number;
  /** Holds the panels; `dispose` frees one. */
  readonly vectors: Vectors;
  /** Tr S², if S was formed. */
  readonly square: number | null;
  /** Error of the operator against AᵀA, without the rounding of its products with vectors. */
  readonly error: GramError;
  readonly #given: Readonly<Record<string, Tensor>>;
  readonly #sessions: Sessions;

  private constructor(size: number, vectors: Vectors, gram: ExplicitGram | null, sessions: Sessions) {
    this.size = size;
    this.vectors = vectors;
    this.square = gram?.square ?? null;
    this.error = gram?.error ?? NO_ERROR;
    this.#given = gram ? { s: gram.matrix } : {};
    this.#sessions = sessions;
  }

  static async open(matrix: MatrixSource, options: OperatorOptions): Promise<Operator> {
    const { device, gram, isForFew = false } = options;
    const size = Math.min(...matrix.view.shape);
    const vectors = await openVectors(size, device);
    const packWeights = !isForFew;
    const open = (graph: Graph, rows: string) =>
      openSession(graph, device, { onDevice: vectors.areOnDevice ? [rows] : [], allowSpinning: false, packWeights });
    const product = await open(productGraph(matrix, { ...options, areOnDevice: vectors.areOnDevice }), 'outside');
    const panel = await open(panelGraph(size, { isProjected: false }), 'mapped');
    const projectedPanel = await open(panelGraph(size, { isProjected: true }), 'mapped');
    return new Operator(size, vectors, gram, { product, panel, projectedPanel });
  }

  /**
   * Orthonormal rows q [d, n], x [b, n]. The last `nearRows` rows of Q are projected out first: in exact arithmetic
   * block Lanczos needs no others, and a projection on all at once would amplify the loss of orthogonality step by
   * step.
   */
  async step(x: Tensor, q: Tensor, nearRows: number): Promise<OperatorStep> {
    const outputs = await this.#sessions.product.run({ x, q, ...this.#given, ...this.#lastRows(q, nearRows) });
    return {
      near: float32Output(outputs, 'near'),
      inside: float32Output(outputs, 'inside'),
      outside: this.#kept(outputs, 'outside'),
      gram: float32Output(outputs, 'gram'),
    };
  }

  /** map·rows for [b, b] and [b, n], minus its part in the span of Q if Q is given. */
  async transform(map: Float64Array, rows: Tensor, q: Tensor | null): Promise<Panel> {
    const b = panelRowCount(rows);
    const feeds = { map: tensor.float32(Float32Array.from(map), [b, b]), rows };
    const { panel, projectedPanel } = this.#sessions;
    const outputs = q ? await projectedPanel.run({ ...feeds, q }) : await panel.run(feeds);
    return { rows: this.#kept(outputs, 'mapped'), gram: float32Output(outputs, 'gram') };
  }

  /** A panel [b, n] from numbers. */
  rows(data: Float32Array): Tensor {
    return tensor.float32(data, [data.length / this.size, this.size]);
  }

  async release(): Promise<void> {
    await this.vectors.release();
    for (const session of Object.values(this.#sessions)) await session.release();
  }

  /** The last rows of Q: on the CPU a view, without a copy. */
  #lastRows(q: Tensor, count: number): Record<string, Tensor> {
    if (this.vectors.areOnDevice) return { nearby: tensor.int64([-count], [1]) };
    return { nearby: this.rows(float32Data(q).subarray((panelRowCount(q) - count) * this.size)) };
  }

  #kept(outputs: SessionOutputs, name: string): Tensor {
    return this.vectors.keep(tensorOutput(outputs, name));
  }
}

type Sessions = Readonly<Record<'product' | 'panel' | 'projectedPanel', Session>>;

interface ProductOptions extends Omit<OperatorOptions, 'device' | 'isForFew'> {
  /** If the vectors stay on the device, the last rows of Q are cut out there. */
  readonly areOnDevice: boolean;
}

function productGraph(matrix: MatrixSource, options: ProductOptions): Graph {
  const { gram, areOnDevice } = options;
  const size = Math.min(...matrix.view.shape);
  const graph = new Graph();
  const x = graph.input('x', ElementType.float32, ['b', size]);
  const s = gram && graph.input('s', ElementType.float32, [size, size]);
  const product = s ? timesTransposed(graph, x, s, gram.scale) : timesMatrixTwice(graph, x, matrix, options);
  const q = graph.input('q', ElementType.float32, ['d', size]);
  const last = areOnDevice ? lastRows(graph, q) : graph.input('nearby', ElementType.float32, ['k', size]);
  const near = splitOff(graph, product, last);
  const { inside, outside } = splitOff(graph, near.outside, q);
  graph.output('near', near.inside, ElementType.float32);
  graph.output('inside', inside, ElementType.float32);
  graph.output('outside', outside, ElementType.float32);
  graph.output('gram', graph.op('Gemm', [outside, outside], { transB: 1 }), ElementType.float32);
  return graph;
}

/** X·AᵀA, or X·AAᵀ. */
function timesMatrixTwice(
  graph: Graph,
  x: Value,
  matrix: MatrixSource,
  { reference, energy }: Pick<OperatorOptions, 'reference' | 'energy'>,
): Value {
  const [m, n] = matrix.view.shape;
  const root = Math.sqrt(Math.min(m, n) / energy);
  const numbers = float32Matrix(graph, matrix, { reference, root, largestRoot: LARGEST_ROOT });
  const a = numbers.convert(numbers.stored);
  // onnxruntime packs A once, when the session opens, if it is the right operand.
  const times = (value: Value) => scaled(graph, graph.op('MatMul', [value, a]), numbers.scale);
  const timesBack = (value: Value) => timesTransposed(graph, value, a, numbers.scale);
  return m >= n ? times(timesBack(x)) : timesBack(times(x));
}

/**
 * scale·X·Mᵀ; X·S for the symmetric S. As the left operand, M is used as it is and the panel is packed. A Gemm, or
 * scaling after the transposition, would become a product of X with M on the right, which packs M in every run.
 */
function timesTransposed(graph: Graph, x: Value, m: Value, scale: number): Value {
  return transposed(graph, scaled(graph, graph.op('MatMul', [m, transposed(graph, x)]), scale));
}

function scaled(graph: Graph, value: Value, scale: number): Value {
  return scale === 1 ? value : graph.op('Mul', [value, graph.constant([scale], 'float32', [])]);
}

function panelGraph(size: number, { isProjected }: { isProjected: boolean }): Graph {
  const graph = new Graph();
  const map = graph.input('map', ElementType.float32, ['b', 'b']);
  const rows = graph.input('rows', ElementType.float32, ['b', size]);
  let mapped = graph.op('Gemm', [map, rows]);
  if (isProjected) mapped = splitOff(graph, mapped, graph.input('q', ElementType.float32, ['d', size])).outside;
  graph.output('mapped', mapped, ElementType.float32);
  graph.output('gram', graph.op('Gemm', [mapped, mapped], { transB: 1 }), ElementType.float32);
  return graph;
}

/** The rows from `nearby` on, counted from the end. */
function lastRows(graph: Graph, q: Value): Value {
  const start = graph.input('nearby', ElementType.int64, [1]);
  return graph.op('Slice', [q, start, graph.constant([LAST], 'int64'), graph.constant([0], 'int64')]);
}

/** rows = insideᵀ·Q + outside. Q is packed for the second product only: in the first it is the left operand. */
function splitOff(graph: Graph, rows: Value, q: Value): { inside: Value; outside: Value } {
  const inside = graph.op('Gemm', [q, rows], { transB: 1 });
  return { inside, outside: graph.op('Sub', [rows, graph.op('MatMul', [transposed(graph, inside), q])]) };
}

function transposed(graph: Graph, value: Value): Value {
  return graph.op('Transpose', [value], { perm: [1, 0] });
}
