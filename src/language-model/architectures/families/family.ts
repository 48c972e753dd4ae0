import type { Config } from '../config.ts';
import type { Decoder } from '../decoder.ts';

/** One family of models: what its config means. A new family is one more file of this shape, listed in index.ts. */
export interface Family {
  /** `model_type` in config.json. */
  readonly modelType: string;
  /** What the model class assumes for keys that config.json lacks. */
  readonly defaults: Readonly<Record<string, unknown>>;
  /** Other names of a key, as the family's config class accepts them. */
  readonly aliases?: Readonly<Record<string, string>>;
  /** @throws UserError for a config that cannot be built */
  readonly describe: (config: Config) => Decoder;
}
