/**
 * A 2-D matrix inside a stored tensor, for onnxruntime to cut out of the file: the bytes are declared with shape
 * `dims`, then sliced and put in order, and the result is read as `shape`.
 */
export interface MatrixView {
  /** Same number of elements as the stored tensor, row-major. */
  readonly dims: readonly number[];
  readonly slices: readonly AxisSlice[];
  /** The axes after slicing, in the order of reading; as stored if missing. */
  readonly order?: readonly number[];
  /** [m, n] of the matrix. */
  readonly shape: readonly [number, number];
  /** The slice is [n, m], and is transposed as the last step. */
  readonly transposed?: boolean;
}

/** `start ≤ index < end`, every `step`-th, along one axis of `dims`. */
interface AxisSlice {
  readonly axis: number;
  readonly start: number;
  readonly end: number;
  readonly step?: number;
}

/**
 * One part of a fused matrix by its output features alone, so that it applies to weights of both orientations and to
 * the B matrix of a LoRA: the output index is viewed as `outDims` and sliced.
 */
export interface OutputSlice {
  readonly outDims: readonly number[];
  readonly slice: AxisSlice;
}

/** A whole tensor of two or more dimensions as [first, rest]: a linear layer, or a convolution's [out, in·kh·kw]. */
export function wholeMatrix(shape: readonly number[]): MatrixView {
  const [rows = 1, ...rest] = shape;
  const columns = rest.reduce((product, dimension) => product * dimension, 1);
  return { dims: [rows, columns], slices: [], shape: [rows, columns] };
}

/** @param orientation `rows`: stored [out, in] as nn.Linear does; `columns`: [in, out] as GPT-2's Conv1D does */
export function outputPart(part: OutputSlice, input: number, orientation: 'rows' | 'columns'): MatrixView {
  const { start, end, step = 1 } = part.slice;
  const kept = Math.ceil((end - start) / step);
  const output = part.outDims.reduce((product, size, axis) => product * (axis === part.slice.axis ? kept : size), 1);
  if (orientation === 'rows') return { dims: [...part.outDims, input], slices: [part.slice], shape: [output, input] };
  const slice = { ...part.slice, axis: part.slice.axis + 1 };
  return { dims: [input, ...part.outDims], slices: [slice], shape: [input, output] };
}

export function transposedView({ dims, slices, shape: [m, n] }: MatrixView): MatrixView {
  return { dims, slices, shape: [n, m], transposed: true };
}

/** The same view inside the `index`-th of `count` equal blocks along a new first axis: one expert of a stack. */
export function inBlock(view: MatrixView, index: number, count: number): MatrixView {
  const block = { axis: 0, start: index, end: index + 1 };
  const inside = view.slices.map((slice) => ({ ...slice, axis: slice.axis + 1 }));
  return { dims: [count, ...view.dims], slices: [block, ...inside], shape: view.shape };
}
