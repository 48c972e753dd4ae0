import type { MatrixView } from './matrix-view.ts';
import type { Place } from './module-type.ts';
import type { TensorEntry } from './types.ts';

/** One matrix to measure: a whole stored tensor or a part of a fused one. */
export interface Matrix {
  /** The tensor's name, with `[q]`, `[gate]`, `[expert 3]` for a part. */
  readonly name: string;
  readonly place: Place;
  readonly view: MatrixView;
  readonly source: TensorEntry;
  /** Something a reader should know, such as why a fused matrix is whole. */
  readonly note?: string;
  /** Known of ONNX weights: stored [in, out], or else [out, in]. Two that differ cannot be subtracted. */
  readonly inputFirst?: boolean;
}

export interface Skipped {
  readonly name: string;
  readonly reason: string;
}

export interface MatrixList {
  readonly matrices: readonly Matrix[];
  /** Norm weights, biases and the like: no spectrum, but NaN and Inf are looked for. */
  readonly vectors: readonly TensorEntry[];
  readonly skipped: readonly Skipped[];
}
