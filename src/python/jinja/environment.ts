import type { WhiteSpace } from './lex.ts';
import type { Arguments, Value } from './value.ts';

export type Filter = (value: Value, args: Arguments, environment: Environment) => Value;
export type Test = (value: Value, args: Arguments, environment: Environment) => boolean;

/** How templates are read and what they can use. */
export interface Environment extends WhiteSpace {
  /** A name that is not there cannot even be printed (`StrictUndefined`). */
  readonly strict: boolean;
  readonly filters: ReadonlyMap<string, Filter>;
  readonly tests: ReadonlyMap<string, Test>;
  /** Those of extensions: `break`, `continue` and `generation`. */
  readonly tags: ReadonlySet<string>;
  /** Under the variables of a rendering. */
  readonly globals: ReadonlyMap<string, Value>;
}
