import type { Form } from '../../probes/item.ts';

/** One item with the answers of candidate and baseline. */
export interface PairedItem {
  /** Unique over all suites, as the fact, the family and the cluster are. */
  readonly id: string;
  readonly fact: string;
  readonly capability: string;
  readonly family: string;
  readonly cluster: string;
  readonly form: Form;
  /** Expected accuracy of guessing. */
  readonly chance: number;
  readonly prompt: string;
  readonly right: string;
  readonly candidate: ProbeAnswer;
  readonly baseline: ProbeAnswer;
}

export interface ProbeAnswer {
  readonly correct: boolean;
  readonly given: string;
  readonly margin: number;
  /** Probability of the correct choice; null for an exact answer. */
  readonly probability: number | null;
}

export type Side = 'candidate' | 'baseline';

/** A benchmark form and its twins. */
export interface PairedFact {
  readonly benchmark: PairedItem;
  readonly twins: readonly PairedItem[];
}

/** +1 where the candidate is right and the baseline was not, −1 the other way around, else 0. */
export function changeOf({ candidate, baseline }: PairedItem): number {
  return Number(candidate.correct) - Number(baseline.correct);
}

/** Share of right answers. */
export function accuracy(items: readonly PairedItem[], side: Side): number {
  return items.filter((item) => item[side].correct).length / items.length;
}

/** Mean change over the twins of a fact. */
export function twinChangeOf({ twins }: PairedFact): number {
  return twins.reduce((sum, twin) => sum + changeOf(twin), 0) / twins.length;
}
