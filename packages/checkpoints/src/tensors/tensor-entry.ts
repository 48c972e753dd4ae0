import type { FileState } from '@shadow-gate/platform/files';
import type { Graph, Value } from '../onnx/graph.ts';

export type Tensors = ReadonlyMap<string, TensorEntry>;

export interface TensorEntry {
  readonly name: string;
  readonly dtype: string;
  /** As stored, [out, in] for a linear layer; [] is a scalar. */
  readonly shape: readonly number[];
  readonly size: number;
  /** Absolute path of the file that holds the data. */
  readonly file: string;
  /** First byte of the data in that file, and number of bytes. */
  readonly offset: number;
  readonly byteLength: number;
  /** The file before its header was read; see `expectUnchanged`. */
  readonly state?: FileState;
  /** Computes a tensor that is not stored as its numbers in order, such as a quantized weight. */
  readonly recipe?: TensorRecipe;
  /** The place of its elements if they are not contiguous; see `storedParts`. */
  readonly layout?: Layout;
  /** A bias of zeros next to quantized weights. AutoGPTQ wrote one for each layer, even in models without biases. */
  readonly isZero?: true;
}

/** A part of a tensor: `offsets` is the place of its first element in the whole. */
export interface TensorPiece {
  readonly offsets: readonly number[];
  readonly entry: TensorEntry;
}

/** Elements of a plain tensor that are not contiguous: see layout.ts. */
export type Layout =
  | { readonly kind: 'pieces'; readonly pieces: readonly TensorPiece[] }
  | {
      readonly kind: 'view';
      /** The contiguous tensor around them: [...dims, inner], with strides in descending order. */
      readonly stored: TensorEntry;
      readonly dims: readonly number[];
      readonly inner: number;
      /** The range of each of `dims`, and the only element of `inner`. */
      readonly starts: readonly number[];
      readonly lengths: readonly number[];
      readonly innerStart: number;
      /** Which of `dims` each axis of the tensor is; -1 for an axis of one element. */
      readonly order: readonly number[];
    };

/** Computes a weight that is stored quantized, in parts or in another order. `dtype` names the format or the parts'. */
export interface TensorRecipe {
  /** Codes first, then scales and everything else that the numbers depend on. */
  readonly stored: readonly TensorEntry[];
  /** The numbers depend on these in addition to `stored`. */
  readonly parameters: readonly (number | string)[];
  /** float32, of the shape of the weight. */
  readonly expand: (graph: Graph) => Value;
  /** Distance of each number to its neighbors in its format, float32, same shape. Rounding errs by 1/√12 of it. */
  readonly steps: (graph: Graph) => Value;
  /** These rows of a matrix alone, if the format can: indices int64 [n] → float32 [n, columns]. */
  readonly rows?: (graph: Graph, indices: Value) => Value;
  /** The index-th of `count` equal blocks along the first axis, if they can be expanded one by one. */
  readonly block?: (index: number, count: number) => TensorRecipe;
  /** The packed form of a matrix [rows, columns] whose format has whole numbers with scales. */
  readonly packed?: PackedMatrix;
}

/** For onnxruntime's MatMulNBits: (code − 2^(bits − 1)) · scale, plus an offset that the operator does not know. */
export interface PackedMatrix {
  readonly bits: 4 | 8;
  /** Columns with a scale in common. */
  readonly block: number;
  /** uint8 [rows, columns / block, block · bits / 8]; of two codes in a byte, the first is in the low half. */
  readonly codes: (graph: Graph) => Value;
  /** float32 [rows, columns / block, 1]. */
  readonly scales: (graph: Graph) => Value;
  /** float32 of the same shape; missing without any. */
  readonly offsets?: (graph: Graph) => Value;
}
