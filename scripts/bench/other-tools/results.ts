import { existsSync, readFileSync } from 'node:fs';
import { writeJson } from '@shadow-gate/platform/files';

/** One contestant's share of timed work. */
export interface Timed {
  readonly name: string;
  /** For each repetition, or for each part. */
  readonly seconds: readonly number[];
  /**
   * The same, summed over all threads. Other programs on a busy machine disturb it less, unless threads wait for each
   * other.
   */
  readonly processorSeconds: readonly number[];
  /** Until the first answer. */
  readonly startSeconds: number;
  /** Peak memory of its process. The process did nothing else. */
  readonly mebibytes: number;
}

/** The first of the contestants is ours. */
export type Cell =
  /** `parts`: the times are of parts that follow each other, not of the same work again. */
  | {
      readonly kind: 'time';
      readonly model: string;
      readonly work: string;
      readonly parts: boolean;
      /** Rate of a float32 matrix product right before: how busy the machine was. */
      readonly gigaflops: number;
      readonly contestants: readonly Timed[];
    }
  /** Differences of log p of a token from the reference, in nats. */
  | {
      readonly kind: 'scores';
      readonly model: string;
      readonly reference: string;
      readonly tokens: number;
      readonly contestants: readonly { readonly name: string; readonly mean: number; readonly most: number }[];
    }
  /** One command, from its start to its file. */
  | {
      readonly kind: 'task';
      readonly model: string;
      readonly name: string;
      readonly seconds: number;
      readonly processorSeconds: number;
      /** The same command with one question. */
      readonly start: { readonly seconds: number; readonly processorSeconds: number };
      /** Peak memory of its largest process. */
      readonly mebibytes: number;
      /** For each question: is the answer right? */
      readonly right: readonly boolean[];
    };

export interface KeptResults {
  readonly cells: () => readonly Cell[];
  /** Measure what the file does not have yet, and keep it. */
  measure(key: string, work: () => Promise<Cell>): Promise<void>;
}

/** Cells by their keys in a JSON file: an interrupted run resumes from it. */
export function openResults(path: string): KeptResults {
  const kept: Record<string, Cell> = existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : {};
  return {
    cells: () => Object.values(kept),
    async measure(key, work) {
      if (kept[key] !== undefined) return;
      console.log(key);
      kept[key] = await work();
      await writeJson(path, kept);
    },
  };
}
