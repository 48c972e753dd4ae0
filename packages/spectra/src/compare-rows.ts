import {
  type Device,
  float32Output,
  float64Output,
  int64Output,
  openKernel,
  runGraph,
  tensor,
} from '@shadow-gate/checkpoints/onnx';
import { ElementType, Graph, type Value } from '@shadow-gate/checkpoints/onnx/graph';
import { type TensorEntry, tensorRows, tensorValue } from '@shadow-gate/checkpoints/tensors';
import { at } from '@shadow-gate/platform';
import { gaussian, STREAMS } from './fast/gaussian.ts';

/** A matrix [V, n] with a row for each token. */
export interface TokenRows {
  readonly entry: TensorEntry;
  /** It is stored as [n, V]. */
  readonly transposed: boolean;
}

interface RowSums {
  /** ⟨wᵢ, rᵢ⟩, ‖wᵢ‖² and ‖rᵢ‖² of the rows that both have. */
  readonly products: Float64Array;
  readonly energies: Float64Array;
  readonly originalEnergies: Float64Array;
  /** W·Ω ÷ √d for those rows, [rows, d], where Ω [n, d] is Gaussian: distances of sketches are near those of rows. */
  readonly sketch: Float32Array;
  /** The same of all rows of the original, [V, d]. */
  readonly originalSketch: Float32Array;
}

/** Elements at once. A format that can only be expanded as a whole is expanded for each part. */
const ELEMENTS = 2 ** 22;
const EXPANDED_ELEMENTS = 2 ** 25;

/** Does every part of the rows take the whole matrix in memory? */
export function isExpandedWhole({ entry, transposed }: TokenRows): boolean {
  return entry.recipe !== undefined && (transposed || entry.recipe.rows === undefined);
}

export function tokenRowsShape({ entry, transposed }: TokenRows): readonly [rows: number, columns: number] {
  const [first, second] = [at(entry.shape, 0), at(entry.shape, 1)];
  return transposed ? [second, first] : [first, second];
}

/**
 * Compare the rows of two matrices with the same number of columns one by one, in one pass over both.
 * @param dimensions d of the sketches
 */
export async function compareRows(
  matrix: TokenRows,
  original: TokenRows,
  { dimensions, device }: { readonly dimensions: number; readonly device: Device },
): Promise<RowSums> {
  const [own, columns] = tokenRowsShape(matrix);
  const [all] = tokenRowsShape(original);
  const rows = Math.min(own, all);
  const omega = gaussian(STREAMS.rows, columns * dimensions).map((value) => value / Math.sqrt(dimensions));
  const feeds = { omega: tensor.floats(Float64Array.from(omega), [columns, dimensions]) };
  const sums: RowSums = {
    products: new Float64Array(rows),
    energies: new Float64Array(rows),
    originalEnergies: new Float64Array(rows),
    sketch: new Float32Array(rows * dimensions),
    originalSketch: new Float32Array(all * dimensions),
  };
  const elements = [matrix, original].some(isExpandedWhole) ? EXPANDED_ELEMENTS : ELEMENTS;
  const step = Math.max(1, Math.floor(elements / columns));
  // A part has rows of both matrices, or of the longer original alone.
  for (const [start, end] of [...rangesOf(0, rows, step), ...rangesOf(rows, all, step)]) {
    const graph = new Graph();
    const directions = graph.input('omega', ElementType.float64, [columns, dimensions]);
    const addSketch = (name: string, part: Value) =>
      graph.output(name, graph.cast(graph.op('MatMul', [part, directions]), ElementType.float32), ElementType.float32);
    const right = rowsValue(graph, original, start, end);
    addSketch('originalSketch', right);
    if (start < rows) {
      const left = rowsValue(graph, matrix, start, end);
      addSketch('sketch', left);
      const over = graph.constant([1], 'int64');
      const sum = (value: Value) => graph.op('ReduceSum', [value, over], { keepdims: 0 });
      graph.output('products', sum(graph.op('Mul', [left, right])), ElementType.float64);
      graph.output('energies', sum(graph.op('Mul', [left, left])), ElementType.float64);
      graph.output('originalEnergies', sum(graph.op('Mul', [right, right])), ElementType.float64);
    }
    const outputs = await runGraph(graph, device, {}, feeds);
    sums.originalSketch.set(float32Output(outputs, 'originalSketch'), start * dimensions);
    if (start >= rows) continue;
    sums.sketch.set(float32Output(outputs, 'sketch'), start * dimensions);
    for (const name of ['products', 'energies', 'originalEnergies'] as const) {
      sums[name].set(float64Output(outputs, name), start);
    }
  }
  return sums;
}

function rangesOf(first: number, last: number, step: number): Array<readonly [start: number, end: number]> {
  const count = Math.ceil((last - first) / step);
  return Array.from({ length: count }, (_, i) => [first + i * step, Math.min(last, first + (i + 1) * step)]);
}

/** Rows `start` to `end` in float64. */
function rowsValue(graph: Graph, { entry, transposed }: TokenRows, start: number, end: number): Value {
  const indices = () =>
    graph.constant(
      Array.from({ length: end - start }, (_, i) => start + i),
      'int64',
    );
  const rows = transposed
    ? graph.op('Transpose', [graph.slice(tensorValue(graph, entry), 1, start, end)], { perm: [1, 0] })
    : entry.recipe === undefined
      ? tensorValue(graph, tensorRows(entry, start, end))
      : (entry.recipe.rows?.(graph, indices()) ?? graph.slice(tensorValue(graph, entry), 0, start, end));
  return graph.cast(rows, ElementType.float64);
}

/** Elements of the table of scores at a time. */
const SCORES = 2 ** 24;

/**
 * The nearest row of a table [V, d] for each query [q, d], by the Euclidean distance.
 * @returns indices
 */
export async function nearestRows(
  queries: Float32Array,
  table: Float32Array,
  { dimensions: d, device }: { readonly dimensions: number; readonly device: Device },
): Promise<number[]> {
  const [count, rows] = [queries.length / d, table.length / d];
  const graph = new Graph();
  const { float32 } = ElementType;
  const own = graph.input('queries', float32, ['q', d]);
  const others = graph.input('table', float32, [rows, d]);
  const halves = graph.op('Mul', [
    graph.op('ReduceSumSquare', [others, graph.constant([1], 'int64')], { keepdims: 0 }),
    graph.constant([0.5], 'float32'),
  ]);
  const scores = graph.op('Sub', [
    graph.op('MatMul', [own, graph.op('Transpose', [others], { perm: [1, 0] })]),
    halves,
  ]);
  graph.output('nearest', graph.op('ArgMax', [scores], { axis: 1, keepdims: 0 }), ElementType.int64);
  const session = await openKernel(graph, device);
  try {
    const nearest: number[] = [];
    const step = Math.max(1, Math.floor(SCORES / rows));
    for (let start = 0; start < count; start += step) {
      const end = Math.min(count, start + step);
      const part = tensor.float32(queries.subarray(start * d, end * d), [end - start, d]);
      const outputs = await session.run({ queries: part, table: tensor.float32(table, [rows, d]) });
      nearest.push(...int64Output(outputs, 'nearest'));
    }
    return nearest;
  } finally {
    await session.release();
  }
}
