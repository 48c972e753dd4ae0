import type { TensorPlace } from '../naming/place.ts';
import type { MatrixView } from '../tensors/matrix-view.ts';
import type { TensorEntry } from '../tensors/tensor-entry.ts';

export interface Matrix {
  /** The tensor's name, with `[q]`, `[gate]`, `[expert 3]` for a part. */
  readonly name: string;
  readonly place: TensorPlace;
  readonly view: MatrixView;
  readonly source: TensorEntry;
  /** Information for the reader of the report, such as why a fused matrix is not split. */
  readonly note?: string;
  /** Only for ONNX weights and stacked experts: stored as [in, out]. Two matrices can be subtracted if it is equal. */
  readonly inputFirst?: boolean;
}

/** A fused matrix as a whole, without a type of its own. */
export function unsplit(whole: Matrix, unknown: string): Matrix {
  return { ...whole, place: { ...whole.place, module: 'other' }, note: `fused and not split: ${unknown}` };
}

export interface Skipped {
  readonly name: string;
  readonly reason: string;
  /** Absent for an update ΔW, whose weight is measured. */
  readonly dtype?: string;
  /** Elements that training can change: none in a buffer, a mask or an index. Absent for an update. */
  readonly parameters?: number;
  readonly cause?: SkipCause;
}

export const SKIP_CAUSES = [
  /** Another machine could measure it. */
  'not-enough-memory',
  /** Integers or booleans under the name of a weight. */
  'unexpected-dtype',
] as const;
export type SkipCause = (typeof SKIP_CAUSES)[number];

export interface MatrixList {
  readonly matrices: readonly Matrix[];
  /** Norm weights, biases and others without a spectrum. They are searched for NaN and Inf. */
  readonly vectors: readonly TensorEntry[];
  readonly skipped: readonly Skipped[];
}
