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

/** Converts a stored tensor to tensors of the checkpoint, named relative to its layer if it is in one. */
export type TensorRule = (named: NamedTensor) => readonly TensorEntry[];

/** Converts values that the file has in another form than transformers. */
export type TensorChange = (entry: TensorEntry, named: NamedTensor) => TensorEntry;

/** A family of models as llama.cpp writes it (convert_hf_to_gguf.py), in addition to the names in `GGUF_NAMES`. */
export interface GgufArchitecture {
  /** `general.architecture`. */
  readonly name: string;
  /** Modules of a layer that `GGUF_NAMES` lacks or names differently, in the same form, or as a rule. */
  readonly names?: Readonly<Record<string, TensorRule | string>>;
  readonly whole?: Readonly<Record<string, string>>;
  /** Other names of Llama's layers. */
  readonly also?: readonly string[];
  readonly changes?: Readonly<Record<string, TensorChange>>;
  /** config.json as transformers writes it. */
  readonly config: (model: GgufModel) => Readonly<Record<string, unknown>>;
  /** Combines or splits tensors once they have their names. */
  readonly combine?: (tensors: Map<string, TensorEntry>, model: GgufModel) => void;
  readonly more?: (model: GgufModel) => readonly TensorEntry[];
  /** Tensors that are not weights: they describe the config, or nothing. */
  readonly spare?: readonly string[];
}
