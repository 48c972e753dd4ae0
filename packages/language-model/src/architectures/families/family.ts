import type { Config } from '../config.ts';
import type { Decoder } from '../decoder.ts';
import type { ConfigKeys } from '../key-types.ts';

/**
 * A family of models: the meaning of its config. A new family is a new file with such a description, listed in
 * index.ts.
 */
export interface ModelFamily {
  /** `model_type` in config.json. */
  readonly modelType: string;
  /** The model class's defaults for keys that config.json lacks. */
  readonly defaults: Readonly<Record<string, unknown>>;
  /** Other names of a key that the family's config class accepts. */
  readonly aliases?: Readonly<Record<string, string>>;
  /** Types of its keys in transformers; those of keys of several families are in key-types.ts. */
  readonly keys?: ConfigKeys;
  /** @throws UserError for a config that is not supported */
  readonly describe: (config: Config) => Decoder;
}
