import { valueType } from '../../checkpoint/tensor-value.ts';
import { ElementType, Graph, type Value } from '../../onnx/graph.ts';
import {
  type Device,
  float32Data,
  float32Output,
  type Outputs,
  openSession,
  type Session,
  type Tensor,
  tensor,
  tensorOutput,
} from '../../onnx/session.ts';
import { loadMatrix, type MatrixSource } from '../load-matrix.ts';
import { openVectors, rowsOf, type Vectors } from './panels.ts';

/** S·X, split into its parts inside and outside the span of Q. Panels have vectors as rows. */
export interface Step {
  /** Q·(S·Xᵀ), [rows of Q, b], less the part that is in `near`. */
  readonly inside: Float32Array;
  /** The same for the last rows of Q, which have nearly all of it. */
  readonly near: Float32Array;
  /** S·X less its part in the span of Q, [b, n]. */
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

/** Largest scale, and smallest as its inverse, that float32 panels can take on both sides of a product. */
const LARGEST_ROOT = 1e16;

export interface OperatorOptions {
  readonly device: Device;
  readonly reference: MatrixSource | null;
  /** ‖A − reference‖_F² > 0. */
  readonly energy: number;
}

/**
 * S = AᵀA (or AAᵀ, on the smaller side) as an operator in float32, scaled so that its trace is n. S itself is never
 * formed; A is read and converted once.
 */
export class Operator {
  /** min(m, n) of the matrix: the size of S. */
  readonly size: number;
  /** Where panels are kept: `dispose` of those that are no longer needed. */
  readonly vectors: Vectors;
  readonly #product: Session;
  readonly #panel: Session;
  readonly #projectedPanel: Session;

  private constructor(size: number, vectors: Vectors, product: Session, panel: Session, projectedPanel: Session) {
    this.size = size;
    this.vectors = vectors;
    this.#product = product;
    this.#panel = panel;
    this.#projectedPanel = projectedPanel;
  }

  static async open(matrix: MatrixSource, { device, reference, energy }: OperatorOptions): Promise<Operator> {
    const size = Math.min(...matrix.view.shape);
    const vectors = await openVectors(size, device);
    const open = (graph: Graph, rows: string) =>
      openSession(graph, device, { onDevice: vectors.areOnDevice ? [rows] : [], allowSpinning: false });
    const product = await open(
      productGraph(matrix, { reference, energy, areOnDevice: vectors.areOnDevice }),
      'outside',
    );
    const panel = await open(panelGraph(size, { isProjected: false }), 'mapped');
    const projectedPanel = await open(panelGraph(size, { isProjected: true }), 'mapped');
    return new Operator(size, vectors, product, panel, projectedPanel);
  }

  /**
   * @param x [b, n]
   * @param q orthonormal rows [d, n]
   * @param nearRows this many of the last rows of Q are projected out first. In exact arithmetic block Lanczos needs no
   *   others; projecting on all at once would amplify the loss of orthogonality from step to step
   */
  async step(x: Tensor, q: Tensor, nearRows: number): Promise<Step> {
    const outputs = await this.#product.run({ x, q, ...this.#lastRows(q, nearRows) });
    return {
      near: float32Output(outputs, 'near'),
      inside: float32Output(outputs, 'inside'),
      outside: this.#kept(outputs, 'outside'),
      gram: float32Output(outputs, 'gram'),
    };
  }

  /**
   * map·rows, less its part in the span of Q if Q is given.
   * @param map [b, b]
   * @param rows [b, n]
   */
  async transform(map: Float64Array, rows: Tensor, q: Tensor | null): Promise<Panel> {
    const b = rowsOf(rows);
    const feeds = { map: tensor.float32(Float32Array.from(map), [b, b]), rows };
    const outputs = q ? await this.#projectedPanel.run({ ...feeds, q }) : await this.#panel.run(feeds);
    return { rows: this.#kept(outputs, 'mapped'), gram: float32Output(outputs, 'gram') };
  }

  /** A panel [b, n] from numbers. */
  rows(data: Float32Array): Tensor {
    return tensor.float32(data, [data.length / this.size, this.size]);
  }

  async release(): Promise<void> {
    await this.vectors.release();
    for (const session of [this.#product, this.#panel, this.#projectedPanel]) await session.release();
  }

  /** The last rows of Q. On the CPU they are a view and need no copy. */
  #lastRows(q: Tensor, count: number): Record<string, Tensor> {
    if (this.vectors.areOnDevice) return { nearby: tensor.int64([-count], [1]) };
    return { nearby: this.rows(float32Data(q).subarray((rowsOf(q) - count) * this.size)) };
  }

  #kept(outputs: Outputs, name: string): Tensor {
    return this.vectors.keep(tensorOutput(outputs, name));
  }
}

interface ProductOptions extends Pick<OperatorOptions, 'reference' | 'energy'> {
  /** Do the vectors stay on the device? Then the last rows of Q are cut out there. */
  readonly areOnDevice: boolean;
}

function productGraph(matrix: MatrixSource, { reference, energy, areOnDevice }: ProductOptions): Graph {
  const [m, n] = matrix.view.shape;
  const size = Math.min(m, n);
  const root = Math.sqrt(size / energy);
  const graph = new Graph();
  const isWide =
    [matrix, reference].some((side) => side && valueType(side.source) === ElementType.float64) ||
    root > LARGEST_ROOT ||
    root < 1 / LARGEST_ROOT;
  // The difference of two float32 numbers is rounded once; float64 is scaled into range and rounded at the end.
  const type = isWide ? ElementType.float64 : ElementType.float32;
  let a = graph.cast(loadMatrix(graph, matrix), type);
  if (reference) a = graph.op('Sub', [a, graph.cast(loadMatrix(graph, reference), type)]);
  if (isWide) a = graph.cast(graph.op('Mul', [a, graph.constant([root], 'float64', [])]), ElementType.float32);
  const scale = isWide ? null : graph.constant([root], 'float32', []);
  const scaled = (value: Value) => (scale ? graph.op('Mul', [value, scale]) : value);

  const x = graph.input('x', ElementType.float32, ['b', size]);
  // As the right operand onnxruntime packs A once, when the session opens; as the left one A is used as it is, and the
  // panel is packed.
  const transposed = (value: Value) => graph.op('Transpose', [value], { perm: [1, 0] });
  const timesA = (value: Value) => graph.op('MatMul', [value, a]);
  const timesTransposed = (value: Value) => transposed(graph.op('MatMul', [a, transposed(value)]));
  const product = m >= n ? scaled(timesA(scaled(timesTransposed(x)))) : scaled(timesTransposed(scaled(timesA(x))));
  const q = graph.input('q', ElementType.float32, ['d', size]);
  const near = splitOff(
    graph,
    product,
    areOnDevice ? lastRows(graph, q) : graph.input('nearby', ElementType.float32, ['k', size]),
  );
  const { inside, outside } = splitOff(graph, near.outside, q);
  graph.output('near', near.inside, ElementType.float32);
  graph.output('inside', inside, ElementType.float32);
  graph.output('outside', outside, ElementType.float32);
  graph.output('gram', graph.op('Gemm', [outside, outside], { transB: 1 }), ElementType.float32);
  return graph;
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

/** rows = insideᵀ·Q + outside. Q is the left operand, which need not be packed each time. */
function splitOff(graph: Graph, rows: Value, q: Value): { inside: Value; outside: Value } {
  const inside = graph.op('Gemm', [q, rows], { transB: 1 });
  const part = graph.op('Gemm', [q, inside], { transA: 1 });
  return { inside, outside: graph.op('Sub', [rows, graph.op('Transpose', [part], { perm: [1, 0] })]) };
}
