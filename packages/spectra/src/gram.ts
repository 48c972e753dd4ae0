import { type Device, float64Output, runGraph } from '@shadow-gate/checkpoints/onnx';
import { ElementType, Graph, type Value } from '@shadow-gate/checkpoints/onnx/graph';
import { type DifferenceSums, openDifference } from './difference.ts';
import { eachStrip, type MatrixSource, STRIP_BYTES } from './load-matrix.ts';
import { unchecked } from './unchecked.ts';

interface GramOptions {
  /** Measure A − reference instead of A. */
  readonly reference?: MatrixSource | null | undefined;
  /** Also return the energy of each row. */
  readonly rowEnergies?: boolean | undefined;
  /** Products of rows or of columns; by default of the smaller side. */
  readonly side?: 'rows' | 'columns' | undefined;
}

interface Gram extends DifferenceSums {
  /** AᵀA (`columns`) or AAᵀ (`rows`), [size, size] row-major. */
  readonly gram: Float64Array;
  readonly size: number;
  readonly rowEnergies: Float64Array | null;
}

/** Strips alive at once: at most two operands, their difference, the rounding, and those that the allocator keeps. */
const STRIPS_ALIVE = 8;

/** Copies of the Gram matrix alive at once: the running sum, the next one, and the result in JavaScript. */
const GRAMS_ALIVE = 3;

/** Bytes that `gramMatrix` needs at its peak for a matrix of this shape. */
export function gramMemory(shape: readonly [number, number]): number {
  const size = Math.min(...shape);
  const length = Math.max(...shape);
  const strip = Math.min(8 * size * length, Math.max(STRIP_BYTES, 8 * size));
  return GRAMS_ALIVE * 8 * size * size + STRIPS_ALIVE * strip;
}

/** The Gram matrix of A (or A − reference) in float64, directly from the files, in strips along the longer side. */
export async function gramMatrix(matrix: MatrixSource, device: Device, options: GramOptions = {}): Promise<Gram> {
  const [m, n] = matrix.view.shape;
  const side = options.side ?? (m <= n ? 'rows' : 'columns');
  const size = side === 'rows' ? m : n;
  /** The axis that is summed over, and cut into strips. */
  const axis = side === 'rows' ? 1 : 0;

  const graph = new Graph();
  const difference = openDifference(graph, matrix, options.reference ?? null);

  /** The running sum after each strip; the last is the Gram matrix. */
  const grams: Value[] = [];
  const rowEnergies: Value[] = [];
  eachStrip(graph, matrix.view.shape, axis, (cut) => {
    const part = difference.strip(cut);
    if (options.rowEnergies) {
      rowEnergies.push(graph.op('ReduceSumSquare', [part, graph.constant([1], 'int64')], { keepdims: 0 }));
    }
    const turned = side === 'columns' ? { transA: 1, transB: 0 } : { transA: 0, transB: 1 };
    grams.push(graph.op('Gemm', [part, part, ...grams.slice(-1)], turned));
    return [...grams.slice(-1), ...rowEnergies.slice(-1), ...difference.latest()];
  });
  const gram = grams.at(-1);
  if (!gram) throw new Error(`${matrix.source.name}: an empty matrix has no Gram matrix`);
  graph.output('gram', gram, ElementType.float64);
  if (options.rowEnergies) graph.output('rowEnergies', joinRows(graph, rowEnergies, axis), ElementType.float64);
  difference.output();

  const outputs = await runGraph(graph, device);
  return {
    gram: float64Output(outputs, 'gram'),
    size,
    rowEnergies: options.rowEnergies ? float64Output(outputs, 'rowEnergies') : null,
    ...difference.read(outputs),
  };
}

/** Strips of rows follow each other; each strip of columns has a part of every row's energy. */
export function joinRows(graph: Graph, strips: readonly Value[], axis: 0 | 1): Value {
  return axis === 0 ? graph.op('Concat', strips, { axis: 0 }) : graph.sum(strips);
}

export function trace(matrix: Float64Array, n: number): number {
  let sum = 0;
  for (let i = 0; i < n; i += 1) sum += unchecked(matrix, i * n + i);
  return sum;
}
