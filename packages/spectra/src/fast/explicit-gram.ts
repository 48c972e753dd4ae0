import {
  type Device,
  float32Output,
  float64Output,
  runGraph,
  type Tensor,
  tensor,
} from '@shadow-gate/checkpoints/onnx';
import { ElementType, Graph, type Value } from '@shadow-gate/checkpoints/onnx/graph';
import { at } from '@shadow-gate/platform';
import { eachStrip, type MatrixSource } from '../load-matrix.ts';
import { unchecked } from '../unchecked.ts';
import { float32Matrix } from './float32-matrix.ts';
import { errorBounds, type GramError, PROBE_VECTORS } from './gram-error.ts';

/** S = AᵀA (or AAᵀ, on the smaller side) in float32, and its error. */
export interface ExplicitGram {
  /** [n, n], symmetric. */
  readonly matrix: Tensor;
  /** Factor that makes its trace n. */
  readonly scale: number;
  /** Tr S², scaled. */
  readonly square: number;
  /** Error of scale·matrix against AᵀA·n/‖A‖_F². */
  readonly error: GramError;
}

interface ExplicitGramOptions {
  readonly device: Device;
  readonly reference: MatrixSource | null;
  /** ‖A − reference‖_F² > 0. */
  readonly energy: number;
  /** Probe vectors Ω, [n, p], and AᵀA·Ω, both in float64. */
  readonly probes: Float64Array;
  readonly products: Float64Array;
}

/** Columns of a block. Only the products of blocks on and above the diagonal are computed. */
const BLOCK = 512;

/** Rows that are summed before the sum goes to memory. */
const STRIP_ROWS = 2048;

/** Squares of entries of S stay in the range of float32. */
const LARGEST_ROOT = 1e6;

/** A larger error, as a share of the trace of S, is not rounding: numbers have left the range of float32. */
const WORST_ERROR = 1e-3;

/** Forms S in float32: products of blocks of columns, in strips along the longer side. Null: float32 is not enough. */
export async function explicitGram(matrix: MatrixSource, options: ExplicitGramOptions): Promise<ExplicitGram | null> {
  const { device, energy, probes, products } = options;
  const n = Math.min(...matrix.view.shape);
  const graph = new Graph();
  const omega = graph.input('probes', ElementType.float64, [n, PROBE_VECTORS]);
  const data = new Float32Array(n * n);
  const into: Record<string, Tensor> = {};
  const sums = blockSums(graph, matrix, options);
  const overColumns = graph.constant([1], 'int64');
  const squares: Value[] = [];
  const probed: Value[] = [];
  for (const [i, row] of blockRows(graph, sums).entries()) {
    const name = `rows ${i}`;
    graph.output(name, row, ElementType.float32);
    const [start, end] = [i * BLOCK, Math.min(n, (i + 1) * BLOCK)];
    into[name] = tensor.float32(data.subarray(start * n, end * n), [end - start, n]);
    squares.push(graph.op('ReduceSumSquare', [row, overColumns], { keepdims: 0 }));
    probed.push(graph.op('MatMul', [graph.cast(row, ElementType.float64), omega]));
  }
  graph.output('squares', graph.op('Concat', squares, { axis: 0 }), ElementType.float32);
  graph.output('probed', graph.op('Concat', probed, { axis: 0 }), ElementType.float64);
  const outputs = await runGraph(graph, device, into, { probes: tensor.floats(probes, [n, PROBE_VECTORS]) });

  let trace = 0;
  for (let i = 0; i < n; i += 1) trace += unchecked(data, i * n + i);
  // As onnxruntime multiplies with it.
  const scale = Math.fround(n / trace);
  const own = float64Output(outputs, 'probed');
  const unit = n / energy;
  const difference = own.map((value, i) => scale * value - unit * unchecked(products, i));
  const error = errorBounds(difference);
  if (!(error.spectral < WORST_ERROR * n)) return null;
  const square = float32Output(outputs, 'squares').reduce((sum, value) => sum + value, 0) * scale * scale;
  return { matrix: tensor.float32(data, [n, n]), scale, square, error };
}

/** AᵢᵀAⱼ for blocks of columns i ≤ j, or AᵢAⱼᵀ for blocks of rows if those are fewer, as [i][j − i]. */
function blockSums(graph: Graph, matrix: MatrixSource, { reference, energy }: ExplicitGramOptions): readonly Value[][] {
  const { shape } = matrix.view;
  const [m, n] = shape;
  const size = Math.min(m, n);
  const isTall = m >= n;
  const root = Math.sqrt(size / energy);
  const a = float32Matrix(graph, matrix, { reference, root, largestRoot: LARGEST_ROOT });
  let sums: Value[][] = [];
  const addStrip = (cut: (value: Value) => Value) => {
    const strip = a.stored.map(cut);
    const blocks: Value[] = [];
    for (let start = 0; start < size; start += BLOCK) {
      const end = Math.min(size, start + BLOCK);
      blocks.push(a.convert(strip.map((value) => graph.slice(value, isTall ? 1 : 0, start, end))));
    }
    const before = sums;
    sums = blocks.map((block, i) => {
      // A left operand is used as it lies in memory: transpose it once, not in every product.
      const left = isTall ? graph.op('Transpose', [block], { perm: [1, 0] }) : block;
      return blocks.slice(i).map((right, j) => {
        const sum = before.length > 0 ? [at(at(before, i), j)] : [];
        return graph.op('Gemm', [left, right, ...sum], { transB: isTall ? 0 : 1 });
      });
    });
    return sums.flat();
  };
  eachStrip(graph, shape, isTall ? 0 : 1, addStrip, 8 * size * STRIP_ROWS);
  return sums;
}

/** Whole rows of the symmetric matrix, from the blocks of its upper triangle. */
function blockRows(graph: Graph, sums: readonly Value[][]): Value[] {
  return sums.map((own, i) => {
    const below = sums.slice(0, i).map((row, j) => graph.op('Transpose', [at(row, i - j)], { perm: [1, 0] }));
    const parts = [...below, ...own];
    return parts.length > 1 ? graph.op('Concat', parts, { axis: 1 }) : at(parts, 0);
  });
}
