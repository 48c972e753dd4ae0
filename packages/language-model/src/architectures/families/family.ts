import type { Config } from '../config.ts';
import type { Decoder } from '../decoder.ts';
import type { ConfigKeys } from '../key-types.ts';

/** Llama's defaults for keys that config.json lacks. Most config classes of transformers began as copies of it. */
export const LLAMA_DEFAULTS = {
  vocab_size: 32000,
  hidden_size: 4096,
  intermediate_size: 11008,
  num_hidden_layers: 32,
  num_attention_heads: 32,
  hidden_act: 'silu',
  max_position_embeddings: 2048,
  rms_norm_eps: 1e-6,
  tie_word_embeddings: false,
  attention_bias: false,
  mlp_bias: false,
};

/**
 * A family of models: the meaning of its config, read from models/<model_type>/ in transformers 5.24 (without the
 * `_text` of a text model). A new family is a new file with such a description, listed in index.ts.
 */
export interface ModelFamily {
  /** `model_type` in config.json. */
  readonly modelType: string;
  /** The model class's defaults that are not Llama's. */
  readonly defaults: Readonly<Record<string, unknown>>;
  /** Other names of keys that the config class accepts. */
  readonly aliases?: Readonly<Record<string, string>>;
  /** Types of its own keys in transformers; key-types.ts has those of shared keys. */
  readonly keys?: ConfigKeys;
  /** @throws UserError for a config that is not supported */
  readonly describe: (config: Config) => Decoder;
}
