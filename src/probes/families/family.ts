import type { Wording } from '../item.ts';
import type { Random } from '../random.ts';

export const CAPABILITIES = ['reasoning', 'composition', 'recall'] as const;
export type Capability = (typeof CAPABILITIES)[number];

/** One form of a fact, as a family writes it. */
export interface Phrasing extends Wording {
  /** Name of the template: `exam` for the benchmark form, else that of a twin. */
  readonly template: string;
}

/** The benchmark form of one fact, and its twin. */
export interface Pair {
  readonly benchmark: Phrasing;
  readonly twin: Phrasing;
}

/** A generator of items of one kind. All randomness comes from `random`. */
export interface ProbeFamily {
  readonly name: string;
  readonly capability: Capability;
  /** Names of the templates of twins; a suite uses them equally often. */
  readonly twins: readonly string[];
  /**
   * Draw the facts of one suite, all different.
   * @param templates of the twins, one for each fact
   */
  draw(random: Random, templates: readonly string[]): Pair[];
}
