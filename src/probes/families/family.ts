import type { Question } from '../item.ts';
import type { Random } from '../random.ts';

export const CAPABILITIES = ['reasoning', 'composition', 'recall'] as const;
export type Capability = (typeof CAPABILITIES)[number];

/** One form of a fact, as a family writes it. */
export interface Phrasing {
  /** Name of the template: `exam`, or the kind of twin. */
  readonly template: string;
  readonly prompt: string;
  readonly question: Question;
}

/** One fact in the benchmark form and in one twin, of the kind that was asked for. */
export interface Pair {
  readonly benchmark: Phrasing;
  readonly twin: Phrasing;
}

/** Writes items of one kind. All that is random comes from `random`. */
export interface Family {
  readonly name: string;
  readonly capability: Capability;
  /** Kinds of twins; the suite deals them out evenly. */
  readonly twins: readonly string[];
  /**
   * Facts of one suite, no two alike, one for each kind of twin that is asked for.
   * @param kinds of the twins, in order: as many facts are drawn
   */
  draw(random: Random, kinds: readonly string[]): Pair[];
}
