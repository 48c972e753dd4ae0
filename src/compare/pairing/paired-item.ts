import type { AskedPart } from '@shadow-gate/probes/answer';
import type { AnswerKind, TwinKind } from '@shadow-gate/probes/item';
import type { Outcome } from '@shadow-gate/probes/outcome';
import type { LabelRow } from '../rows/letters.ts';

/** How one side answered. An attribute that answers get later needs no line here. */
export type ProbeAnswer = Omit<Outcome, 'item'>;

/** Attributes that pairing names anew, or that older measurements lack. */
type Renamed = 'passage' | 'kind' | 'answers' | 'oldLabel' | 'oldLabels' | 'level';

/**
 * One item with the answers of candidate and baseline. Id, fact, family, cluster and unit are unique over all suites.
 */
export interface PairedItem extends Readonly<Omit<AskedPart, Renamed>> {
  /** Name of its unit (see `sample.ts`); missing if it shares none with other facts. */
  readonly unit?: string | undefined;
  /** What a twin changes. Null for other forms, and for twins of older measurements. */
  readonly kind: TwinKind | null;
  readonly answers: AnswerKind;
  /** For a benchmark form with its options in another order: the label that was right before. */
  readonly oldLabel: string | null;
  /** For the same: for each label, the one that its option had before; null in measurements that lack it. */
  readonly oldLabels: Readonly<Record<string, string>> | null;
  readonly level: number | null;
  /** Prompt and answers are hashes, which say whether two are the same and nothing to a reader. */
  readonly isHidden?: boolean;
  readonly candidate: ProbeAnswer;
  readonly baseline: ProbeAnswer;
  /** Where the log-likelihood of the right answer is known of both. */
  readonly graded?: Readonly<Record<Side, GradedAnswer>>;
}

/**
 * What an answer says beyond right or wrong, each at the sharpness that suits the model best. Multiplying all logits by
 * one number changes no preference and knows nothing more: so each model is compared at the multiple at which its right
 * answers are likeliest, fitted for each suite and form. Both outcomes are the same for a model and for a copy of it
 * with other logits by a factor.
 */
export interface GradedAnswer {
  /** Expected accuracy, 0 to 1: the probability of the right choice, the share of right samples, or right or wrong. */
  readonly expected: number;
  /**
   * Answer likelihood: log-likelihood of the right answer's text, in nats; null where it is not known of both models.
   */
  readonly likelihood: number | null;
  /** The same among the tokens of the suite's right answers; null where it is not known of both models. */
  readonly among: number | null;
  /** Log-likelihood of all choices of its item together; null where they are not known of both models. */
  readonly choices: number | null;
}

export type Side = 'candidate' | 'baseline';

/** A benchmark form and its twins. */
export interface PairedFact {
  /** The benchmark form as the judging instrument asks it: of `exam` and its text form, the one that works. */
  readonly benchmark: PairedItem;
  /** Twins whose instrument works. Only they take part in tests. */
  readonly twins: readonly PairedItem[];
  /** The benchmark form as the exam asks it. */
  readonly exam: PairedItem;
  /** The same prompt, answered by the text of a choice; null where there is none. */
  readonly text: PairedItem | null;
  /** Its options in another order, whatever the instrument can do: the evidence about kept letters. */
  readonly permuted: readonly PairedItem[];
  /** The benchmark form with something irrelevant added. */
  readonly robustness: readonly PairedItem[];
}

/** A suite whose items are all twins of another suite, without a link to single facts of it. */
export interface PairedGroup {
  readonly suite: string;
  /** Name of the suite that they are twins of. */
  readonly of: string;
  readonly items: readonly PairedItem[];
}

/** All answers that stand side by side. */
export interface PairedAnswers {
  /** Facts that can be judged. */
  readonly facts: readonly PairedFact[];
  /** Facts that only labels can answer, which are no instrument here: nothing is concluded from them. */
  readonly unjudged: readonly PairedFact[];
  readonly groups: readonly PairedGroup[];
  /** Whether labels are an instrument, by suite. */
  readonly labels: readonly LabelRow[];
  /** Requests that have to be refused, which are no skill: only their own test looks at them. */
  readonly refusals?: readonly PairedItem[];
}

/** Share of right answers of both. */
export function pairedAccuracies(items: readonly PairedItem[]): Record<Side, number> {
  return { baseline: accuracy(items, 'baseline'), candidate: accuracy(items, 'candidate') };
}

/** Accuracy in benchmark form − accuracy on twins, of both. */
export function benchmarkTwinGap(benchmark: Record<Side, number>, twin: Record<Side, number>): Record<Side, number> {
  return { baseline: benchmark.baseline - twin.baseline, candidate: benchmark.candidate - twin.candidate };
}

/** Mean accuracy of guessing. */
export function meanChance(items: readonly PairedItem[]): number {
  return items.reduce((sum, { chance }) => sum + chance, 0) / items.length;
}

/** Share of right samples; 0 or 1 for one answer. */
export function shareOfRight({ correct, samples }: ProbeAnswer): number {
  return samples === undefined ? Number(correct) : samples.correct / samples.of;
}

/**
 * Answers that the candidate newly has wrong, and newly right; with samples, items with fewer right ones, and with
 * more.
 */
export function countChanges(items: readonly PairedItem[]): { readonly lost: number; readonly won: number } {
  const changes = items.map(itemChange);
  return {
    lost: changes.filter((change) => change < 0).length,
    won: changes.filter((change) => change > 0).length,
  };
}

/**
 * +1 where the candidate is right and the baseline was not, −1 the other way around, else 0; with samples, the change
 * of their share.
 */
export function itemChange({ candidate, baseline }: PairedItem): number {
  return shareOfRight(candidate) - shareOfRight(baseline);
}

export function sumOfChanges(items: readonly PairedItem[]): number {
  return items.reduce((sum, item) => sum + itemChange(item), 0);
}

/** Share of right answers. */
export function accuracy(items: readonly PairedItem[], side: Side): number {
  return items.reduce((sum, item) => sum + shareOfRight(item[side]), 0) / items.length;
}

/** Mean change over the twins of a fact. */
export function factTwinChange({ twins }: PairedFact): number {
  return twins.reduce((sum, twin) => sum + itemChange(twin), 0) / twins.length;
}
