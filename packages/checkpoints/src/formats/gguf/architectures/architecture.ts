import type { TensorEntry } from '../../../tensors/tensor-entry.ts';
import type { GgufModel, GgufStoredTensor } from '../model.ts';

/** A tensor of a GGUF file, by its name: `blk.3.attn_q.weight` is `attn_q` of layer 3, with the suffix `.weight`. */
export interface NamedTensor {
  readonly tensor: GgufStoredTensor;
  readonly base: string;
  /** Null outside of layers. */
  readonly layer: number | null;
  /** `.weight`, `.bias` or nothing. */
  readonly suffix: string;
  readonly model: GgufModel;
}

/** The tensors of the checkpoint that a stored one stands for, named relative to its layer where it is in one. */
export type TensorRule = (named: NamedTensor) => readonly TensorEntry[];

/** How llama.cpp writes a family of models (convert_hf_to_gguf.py), and how it is in transformers. */
export interface GgufArchitecture {
  /** `general.architecture`. */
  readonly name: string;
  /**
   * By the base name: of each layer below `layers`, and of the whole model. A text is the name of a module in
   * transformers, relative to its layer.
   */
  readonly layer: Readonly<Record<string, TensorRule | string>>;
  readonly whole: Readonly<Record<string, TensorRule | string>>;
  /** The list of layers; by default `model.layers`. */
  readonly layers?: string;
  /** config.json as transformers writes it. */
  readonly config: (model: GgufModel) => Readonly<Record<string, unknown>>;
  /** Changes of tensors that are several in one of the formats, once they have their names. */
  readonly combine?: (tensors: Map<string, TensorEntry>, model: GgufModel) => void;
  /** Tensors that are in the metadata. */
  readonly more?: (model: GgufModel) => readonly TensorEntry[];
  /** Tensors that say something about the config, or nothing: no weights. */
  readonly spare?: readonly string[];
}
