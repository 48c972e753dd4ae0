import type { Wording } from '../item.ts';
import type { ProbeRecord } from './records.ts';

/** A document of a benchmark, and how a harness asks it. */
export interface AskedDocument {
  /** Its fields as the benchmark has them. */
  readonly record: ProbeRecord;
  /** Verbatim. */
  readonly wording: Wording;
}

/** The documents of one task of a harness. */
export interface AskedTask {
  /** Its documents are named after it. */
  readonly name: string;
  readonly documents: readonly AskedDocument[];
  /** Whether prompts are messages of a chat already: then those of twins are too. */
  readonly chatTemplate: boolean | null;
  /** One line each. */
  readonly warnings: readonly string[];
}
