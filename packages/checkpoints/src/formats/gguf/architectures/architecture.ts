import type { TensorEntry } from '../../../tensors/tensor-entry.ts';
import type { GgufModel, GgufStoredTensor } from '../model.ts';

/** A tensor of a GGUF file: `blk.3.attn_q.weight` is in layer 3, with the suffix `.weight`. */
export interface NamedTensor {
  readonly tensor: GgufStoredTensor;
  /** Null outside of layers. */
  readonly layer: number | null;
  /** `.weight`, `.bias` or nothing. */
  readonly suffix: string;
  readonly model: GgufModel;
}

/** The tensors of the checkpoint that a stored one stands for, named relative to its layer if it is in one. */
export type TensorRule = (named: NamedTensor) => readonly TensorEntry[];

/** The values of a tensor that are in transformers otherwise than in the file. */
export type TensorChange = (entry: TensorEntry, named: NamedTensor) => TensorEntry;

/** How llama.cpp writes a family of models (convert_hf_to_gguf.py), in addition to the names in `GGUF_NAMES`. */
export interface GgufArchitecture {
  /** `general.architecture`. */
  readonly name: string;
  /** Modules of a layer that `GGUF_NAMES` lacks or has otherwise, in the same form, or as a rule. */
  readonly names?: Readonly<Record<string, TensorRule | string>>;
  /** The same outside of layers. */
  readonly whole?: Readonly<Record<string, string>>;
  /** Names of Llama's layers that are known here, too. */
  readonly also?: readonly string[];
  /** By the names of the file. */
  readonly changes?: Readonly<Record<string, TensorChange>>;
  /** config.json as transformers writes it. */
  readonly config: (model: GgufModel) => Readonly<Record<string, unknown>>;
  /** Changes of tensors that are several in one of the formats, once they have their names. */
  readonly combine?: (tensors: Map<string, TensorEntry>, model: GgufModel) => void;
  /** Tensors that are in the metadata. */
  readonly more?: (model: GgufModel) => readonly TensorEntry[];
  /** Tensors that say something about the config, or nothing: no weights. */
  readonly spare?: readonly string[];
}
