import { type Device, runGraph, tensor } from '@shadow-gate/checkpoints/onnx';
import { ElementType, Graph, type Value } from '@shadow-gate/checkpoints/onnx/graph';
import { loadMatrix, type MatrixSource } from '../load-matrix.ts';
import type { Accumulation } from '../metrics-schema.ts';

/** Elements of a matrix for onnxruntime. */
export type Floats = Float32Array | Float64Array;

/** A matrix [rows, columns] in memory, row-major. */
export interface Dense {
  readonly data: Floats;
  readonly rows: number;
  readonly columns: number;
}

export function floats(precision: Accumulation, size: number): Floats {
  return precision === 'float32' ? new Float32Array(size) : new Float64Array(size);
}

export function floatsAccumulation(data: Floats): Accumulation {
  return data instanceof Float32Array ? 'float32' : 'float64';
}

/** Elements read at a time: a few copies are alive at once, of up to 8 bytes each. */
const STRIP = 4 * 1024 * 1024;

/** Bytes that `loadDense` needs in addition to its result. */
export const LOAD_MEMORY = 6 * 8 * STRIP;

export interface DenseLoadOptions {
  /** Load A − reference. */
  readonly reference: MatrixSource | null;
  readonly transposed: boolean;
  /** A power of two that every entry is multiplied by. */
  readonly scale: number;
  readonly precision: Accumulation;
}

/** Load a matrix from a file. onnxruntime converts it strip by strip, directly into the result. */
export async function loadDense(matrix: MatrixSource, options: DenseLoadOptions, device: Device): Promise<Dense> {
  const { transposed, precision } = options;
  const [m, n] = matrix.view.shape;
  const [rows, columns] = transposed ? [n, m] : [m, n];
  const data = floats(precision, m * n);
  const width = Math.max(1, Math.floor(STRIP / columns));
  for (let start = 0; start < rows; start += width) {
    const end = Math.min(rows, start + width);
    const graph = new Graph();
    const cut = (source: MatrixSource) => {
      const whole = loadMatrix(graph, source);
      return start === 0 && end === rows ? whole : graph.slice(whole, transposed ? 1 : 0, start, end);
    };
    const strip = scaledStrip(graph, matrix, cut, options);
    const turned = transposed ? graph.op('Transpose', [strip], { perm: [1, 0] }) : strip;
    graph.output('strip', graph.cast(turned, ElementType[precision]), ElementType[precision]);
    const place = data.subarray(start * columns, end * columns);
    await runGraph(graph, device, { strip: tensor.floats(place, [end - start, columns]) });
  }
  return { data, rows, columns };
}

/** In float32, which rounds differences and scaled entries once, unless the input or the result is float64. */
function scaledStrip(
  graph: Graph,
  matrix: MatrixSource,
  cut: (source: MatrixSource) => Value,
  { reference, scale, precision }: DenseLoadOptions,
): Value {
  const isWide = precision === 'float64' || matrix.source.dtype === 'F64' || reference?.source.dtype === 'F64';
  const type = isWide ? 'float64' : 'float32';
  let strip = graph.cast(cut(matrix), ElementType[type]);
  if (reference) strip = graph.op('Sub', [strip, graph.cast(cut(reference), ElementType[type])]);
  return scale === 1 ? strip : graph.op('Mul', [strip, graph.constant([scale], type)]);
}
