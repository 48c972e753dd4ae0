import { isMeasuredDtype } from '../checkpoint/dtype.ts';
import type { MatrixView } from '../checkpoint/matrix-view.ts';
import type { TensorEntry } from '../checkpoint/safetensors.ts';
import { ElementType, type Graph, type Value } from '../onnx/graph.ts';

/** A matrix in a file: the stored tensor and where in it the matrix is. */
export interface MatrixSource {
  readonly source: TensorEntry;
  readonly view: MatrixView;
}

const ELEMENT_TYPES = {
  F64: ElementType.float64,
  F32: ElementType.float32,
  F16: ElementType.float16,
  BF16: ElementType.bfloat16,
} as const;

function elementType(entry: TensorEntry): ElementType {
  if (!isMeasuredDtype(entry.dtype)) throw new Error(`${entry.name}: dtype ${entry.dtype} is not measured`);
  return ELEMENT_TYPES[entry.dtype];
}

/**
 * The matrix [m, n] in its stored type.
 * @param as read the same bytes as another type of the same width: the bits of a float
 */
export function loadMatrix(graph: Graph, { source, view }: MatrixSource, as?: ElementType): Value {
  const data = graph.external(source, as ?? elementType(source), view.dims);
  const sliced = view.slices.reduce(
    (value, { axis, start, end, step }) => graph.slice(value, axis, start, end, step),
    data,
  );
  return view.dims.length === 2 ? sliced : graph.reshape(sliced, view.shape);
}

/** A tensor of any shape as a vector in float64. */
export function loadFlat(graph: Graph, entry: TensorEntry, start = 0, end = entry.size): Value {
  const data = graph.external(entry, elementType(entry), [entry.size]);
  const part = start === 0 && end === entry.size ? data : graph.slice(data, 0, start, end);
  return graph.cast(part, ElementType.float64);
}
