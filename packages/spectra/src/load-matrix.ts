import { ElementType, type Graph, type Value } from '@shadow-gate/checkpoints/onnx/graph';
import { bitsValue, type MatrixView, type TensorEntry, tensorValue } from '@shadow-gate/checkpoints/tensors';

/** A matrix in a file: the stored tensor, and the part that the matrix is. */
export interface MatrixSource {
  readonly source: TensorEntry;
  readonly view: MatrixView;
  /** Measured instead of the tensor: a value of its shape, computed from it. */
  readonly compute?: (graph: Graph) => Value;
}

/** The matrix [m, n] in its stored type. @param as another type of the same width for the same bytes: a float's bits */
export function loadMatrix(graph: Graph, { source, view, compute }: MatrixSource, as?: ElementType): Value {
  const data = compute
    ? graph.reshape(compute(graph), view.dims)
    : as === undefined
      ? tensorValue(graph, source, view.dims)
      : bitsValue(graph, source, as, view.dims);
  const slice = (value: Value, { axis, start, end, step }: MatrixView['slices'][number]) =>
    graph.slice(value, axis, start, end, step);
  const sliced = view.slices.reduce(slice, data);
  const [m, n] = view.shape;
  const ordered = view.order ? graph.op('Transpose', [sliced], { perm: view.order }) : sliced;
  const matrix = view.dims.length === 2 ? ordered : graph.reshape(ordered, view.transposed ? [n, m] : [m, n]);
  return view.transposed ? graph.op('Transpose', [matrix], { perm: [1, 0] }) : matrix;
}

/** Elements `start` to `end` of a tensor of any shape, as a vector in another type. */
export function loadFlat(
  graph: Graph,
  entry: TensorEntry,
  start: number,
  end: number,
  type: ElementType = ElementType.float64,
): Value {
  const data = tensorValue(graph, entry, [entry.size]);
  const part = start === 0 && end === entry.size ? data : graph.slice(data, 0, start, end);
  return graph.cast(part, type);
}

/** Bytes of a strip in float64; several are alive at a time. */
export const STRIP_BYTES = 128 * 1024 * 1024;

/** Bytes of a strip that stays in the processor's cache from its conversion to its use. */
export const CACHED_BYTES = 8 * 1024 * 1024;

/**
 * Process a matrix [m, n] in strips along an axis, one after the other, so that memory does not grow with it.
 * @param work receives a function that cuts the current strip out of any value of this shape. The next strip waits for
 *   the values that it returns (of one dimension or more)
 * @param bytes of a strip in float64
 */
export function eachStrip(
  graph: Graph,
  [m, n]: readonly [number, number],
  axis: 0 | 1,
  work: (cut: (value: Value) => Value) => readonly Value[],
  bytes = STRIP_BYTES,
): void {
  const [length, size] = axis === 0 ? [m, n] : [n, m];
  const width = Math.max(1, Math.min(length, Math.floor(bytes / (8 * size))));
  let before: readonly Value[] = [];
  for (let start = 0; start < length; start += width) {
    const end = Math.min(length, start + width);
    before = work((value) => (width === length ? value : graph.slice(value, axis, start, end, 1, before)));
  }
}

/** Σ `term` over strips along the longer side, in float64. Every term has the same shape, of one dimension or more. */
export function sumOverStrips(graph: Graph, matrix: MatrixSource, term: (strip: Value) => Value): Value {
  const [m, n] = matrix.view.shape;
  const whole = loadMatrix(graph, matrix);
  const terms: Value[] = [];
  eachStrip(graph, matrix.view.shape, m <= n ? 1 : 0, (cut) => {
    terms.push(term(graph.cast(cut(whole), ElementType.float64)));
    return terms.slice(-1);
  });
  return graph.sum(terms);
}
