import type { Snapshot } from '../hub/snapshot.ts';
import type { Graph, Value } from '../onnx/graph.ts';
import type { FileState } from '../platform/files/file-state.ts';
import type { Architecture } from './config/architecture.ts';
import type { GgufMetadata } from './formats/gguf/metadata.ts';
import type { WeightUse } from './formats/onnx/weight-use.ts';
import type { MatrixView } from './tensors/matrix-view.ts';

/** An opened checkpoint of full weights: its headers have been read, its data has not. */
export interface FullCheckpoint {
  readonly format: 'safetensors' | 'pytorch' | 'onnx' | 'gguf';
  /** That of the directory, or of the one file that is the model. */
  readonly path: string;
  readonly tensors: ReadonlyMap<string, TensorEntry>;
  readonly architecture: Architecture;
  /** A vision-language model: its tensors have components. */
  readonly multimodal: boolean;
  /** config.json as read; null for a lone file. Of a GGUF file, what transformers would have in it; null if that is not known. */
  readonly config: Record<string, unknown> | null;
  /** The tensors of an ONNX model, with their use in its graph; null for safetensors. */
  readonly onnx: readonly OnnxTensor[] | null;
  /** What else a GGUF file says; missing for the other formats. */
  readonly gguf?: GgufContents;
  /** For a checkpoint on a hub: its path is then a local folder, whose weights are holes until they are fetched. */
  readonly remote: Snapshot | null;
}

export interface GgufContents {
  /** Tokenizer, chat template and all else. */
  readonly metadata: GgufMetadata;
  /** Why the model cannot be run as the file has it; null if it can. */
  readonly notRun: string | null;
  /** Keys that may change what is computed, and that `config` does not have: a part of the identity. */
  readonly unread: readonly string[];
}

export type Checkpoint = FullCheckpoint | Adapter;

export interface TensorEntry {
  readonly name: string;
  readonly dtype: string;
  /** As stored, [out, in] for a linear layer; [] is a scalar. */
  readonly shape: readonly number[];
  /** Number of elements. */
  readonly size: number;
  /** Absolute path of the file that holds the data. */
  readonly file: string;
  /** First byte of the data in that file, and number of bytes. */
  readonly offset: number;
  readonly byteLength: number;
  /** The file before its header was read; see `expectUnchanged`. */
  readonly state?: FileState;
  /** What is stored, in `file` and elsewhere, are not its numbers in their order, as of a quantized weight. Missing for a plain tensor. */
  readonly recipe?: Recipe;
  /** Where its elements are, if they do not lie one after the other from `offset` on; see `storedOf`. */
  readonly layout?: Layout;
  /** A bias of zeros beside quantized weights. AutoGPTQ wrote one for each layer, also in models that have none. */
  readonly isZero?: true;
}

/** A part of a tensor: `offsets` is the place of its first element in the whole. */
export interface Piece {
  readonly offsets: readonly number[];
  readonly entry: TensorEntry;
}

/** Elements of a plain tensor that are not in one run of bytes, in their order: see layout.ts. */
export type Layout =
  | { readonly kind: 'pieces'; readonly pieces: readonly Piece[] }
  | {
      readonly kind: 'view';
      /** The run of bytes that they are cut out of: [...dims, inner], with strides in descending order. */
      readonly stored: TensorEntry;
      readonly dims: readonly number[];
      readonly inner: number;
      /** What is taken of each of `dims`, and the one element that is taken of `inner`. */
      readonly starts: readonly number[];
      readonly lengths: readonly number[];
      readonly innerStart: number;
      /** Which of `dims` each axis of the tensor is; -1 for an axis of one element. */
      readonly order: readonly number[];
    };

/**
 * How a weight is computed that is stored quantized, in parts, or in another order. `dtype` of such a tensor is the name of its format, or
 * that of its parts.
 */
export interface Recipe {
  /** Codes first, then scales and whatever else the numbers depend on. */
  readonly stored: readonly TensorEntry[];
  /** What they depend on beside the bytes of those. */
  readonly parameters: readonly (number | string)[];
  /** float32, of the shape of the weight. */
  readonly expand: (graph: Graph) => Value;
  /** Distances between the neighbors of each number in its format, float32 of the same shape: rounding errs by 1/√12 of them. */
  readonly steps: (graph: Graph) => Value;
  /** Of a matrix, these rows alone, where the format can: indices int64 [n] → float32 [n, columns]. */
  readonly rows?: (graph: Graph, indices: Value) => Value;
  /** The index-th of `count` equal blocks along the first axis, where they can be expanded one by one. */
  readonly block?: (index: number, count: number) => Recipe;
}

/**
 * LoRA adapters as PEFT saves them (adapter_config.json, adapter_model.safetensors), or mlx-lm (adapters.safetensors).
 * Hu et al. 2021, arXiv 2106.09685: ΔW = scale·B·A; rsLoRA: Kalajdzievski 2023, arXiv 2312.03732.
 */
export interface Adapter {
  readonly format: 'lora';
  readonly path: string;
  readonly modules: readonly LoraModule[];
  /** Weights saved whole beside the adapter (`modules_to_save`), under the base model's names. */
  readonly saved: ReadonlyMap<string, TensorEntry>;
  /** Every tensor in the file, as stored. */
  readonly tensors: ReadonlyMap<string, TensorEntry>;
  readonly config: Record<string, unknown>;
  /** That of the base model if the adapter's config names a local folder; otherwise unknown. */
  readonly architecture: Architecture;
  /** For an adapter on a hub: see `FullCheckpoint`. */
  readonly remote: Snapshot | null;
}

/**
 * One adapted module: ΔW = scale·B·A with A [r, in] and B [out, r]: see `factorsOf` for how to read them. With a magnitude
 * m [out] (DoRA, Liu et al. 2024, arXiv 2402.09353) the weight is m·(W + scale·B·A) ÷ ‖W + scale·B·A‖ for each output
 * feature, so that the update depends on W and is not of low rank.
 */
export interface LoraModule {
  /** Name of the base weight that it changes; of a parameter of all experts, with the names in memory. */
  readonly target: string;
  readonly a: TensorEntry;
  readonly b: TensorEntry;
  /** A trained bias of B [out]: scale times it is added to what the layer gives. No part of ΔW. */
  readonly bias?: TensorEntry;
  /** A is stored [in, r] and B [r, out], as MLX does. */
  readonly inputFirst?: boolean;
  /** Where A [r, in] and B [out, r] are parts of their tensors, those of one expert. */
  readonly views?: { readonly a: MatrixView; readonly b: MatrixView };
  /** Of each expert, where `experts` is set. */
  readonly rank: number;
  readonly scale: number;
  /**
   * The number of experts whose weights it changes, all with factors of their own: A is [experts · r, in], expert after expert, and B
   * [out, r · experts], direction after direction.
   */
  readonly experts?: number;
  /** The base weight is stored [in, out] (GPT-2's Conv1D, and embeddings): so is ΔW. */
  readonly transposed: boolean;
  /** Null for plain LoRA. */
  readonly magnitude: TensorEntry | null;
}

/** A tensor of an ONNX model, and its use in the graph. */
export interface OnnxTensor extends TensorEntry {
  /** Null for a tensor that is not a matrix of weights. */
  readonly use: WeightUse | null;
  /** The name in the file, if `name` is another one that was found for it. */
  readonly storedName: string | null;
  /** Why its elements cannot be mapped; null if they can. */
  readonly unmapped: string | null;
  /** The operator that takes it for the codes of quantized weights; null for most tensors. */
  readonly quantizedBy: string | null;
  /** It has two dimensions, and is no matrix: the biases of both directions of a recurrent layer. */
  readonly isBias: boolean;
}
