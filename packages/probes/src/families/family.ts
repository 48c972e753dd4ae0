import type { TwinKind, Wording } from '../item.ts';
import type { Random } from '../random.ts';

const CAPABILITIES = ['reasoning', 'composition', 'recall'] as const;
export type Capability = (typeof CAPABILITIES)[number];

/** One form of a fact, as a family writes it. */
export interface Phrasing extends Wording {
  /** Name of the template: `exam` for the benchmark form, else that of a twin. */
  readonly template: string;
}

/** The benchmark form of one fact, and its twin. */
export interface PhrasingPair {
  readonly benchmark: Phrasing;
  readonly twin: Phrasing;
}

/** A format of twins. */
export interface TwinTemplate {
  readonly name: string;
  readonly kind: TwinKind;
}

/** One difficulty step of a family. */
export interface ProbeLevel {
  /** A summary in a few words: `two people`. */
  readonly summary: string;
  /** A suite uses them equally often. */
  readonly twins: readonly TwinTemplate[];
  /** Least number of facts; missing if a suite cannot ask all. */
  readonly supply?: number;
}

/** A generator of items of one kind. All randomness comes from `random`. */
export interface ProbeFamily {
  readonly name: string;
  readonly capability: Capability;
  /** From the easiest to the hardest; they are counted from 1. */
  readonly levels: readonly ProbeLevel[];
  /**
   * Draw the facts of one level, all different.
   * @param templates one name of a twin's template for each fact
   * @param level from 1
   * @throws Error for a template that the level does not have
   */
  draw(random: Random, templates: readonly string[], level: number): PhrasingPair[];
}
