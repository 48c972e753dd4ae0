import type { Verdict } from '../../src/compare/report.ts';

/** What the gate says of one variant with so many facts. */
export interface DoseVerdict {
  readonly facts: number;
  readonly verdict: Verdict;
  /** Kinds of the findings that decide, and of warnings. */
  readonly findings: readonly string[];
  /** Change of expected accuracy, a share, and of answer likelihood, nats per byte, each with its standard error. */
  readonly expected: readonly [value: number, standardError: number] | null;
  readonly likelihood: readonly [value: number, standardError: number] | null;
  /** Change of the likelihood of plain texts, nats per byte. */
  readonly texts: readonly [value: number, standardError: number] | null;
  readonly lost: number;
  readonly won: number;
  /** Facts that were asked until it was settled, in each of some orders; of a file, items over facts. */
  readonly asked: readonly number[];
}

export interface DoseVariant {
  readonly name: string;
  /** Perplexity over the base's, less 1; null: it was not measured. */
  readonly perplexity: number | null;
  readonly verdicts: readonly DoseVerdict[];
}

/** `results/dose/MODEL-SUITE.json`. */
export interface DoseResults {
  readonly model: string;
  readonly suite: string;
  readonly version: string;
  readonly variants: readonly DoseVariant[];
}
