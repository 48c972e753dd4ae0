import type { TwinKind, Wording } from '../item.ts';
import type { Random } from '../random.ts';

export type Capability = 'reasoning' | 'composition' | 'recall';

export interface Phrasing extends Wording {
  /** Name of the template: `exam` for the benchmark form, else that of a twin. */
  readonly template: string;
}

export interface PhrasingPair {
  readonly benchmark: Phrasing;
  readonly twin: Phrasing;
}

export interface TwinTemplate {
  readonly name: string;
  readonly kind: TwinKind;
}

/** One difficulty step of a family. */
export interface ProbeLevel {
  /** `two people` */
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
  /** Draw a different fact of the level for each twin template. @throws Error for a template that the level lacks */
  draw(random: Random, templates: readonly string[], level: number): PhrasingPair[];
}
