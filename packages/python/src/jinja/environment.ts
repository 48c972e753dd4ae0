import type { WhiteSpace } from './lex.ts';
import type { Arguments, JinjaValue } from './value.ts';

export type Filter = (value: JinjaValue, args: Arguments, environment: Environment) => JinjaValue;
export type Test = (value: JinjaValue, args: Arguments, environment: Environment) => boolean;

/** How templates are read, and the names they can use. */
export interface Environment extends WhiteSpace {
  /** A missing name cannot even be printed (`StrictUndefined`). */
  readonly strict: boolean;
  readonly filters: ReadonlyMap<string, Filter>;
  readonly tests: ReadonlyMap<string, Test>;
  /** Tags of extensions: `break`, `continue` and `generation`. */
  readonly tags: ReadonlySet<string>;
  /** Hidden by variables of the same name. */
  readonly globals: ReadonlyMap<string, JinjaValue>;
}
