import type { AskedPart } from '@shadow-gate/probes/answer';
import type { AnswerKind, TwinKind } from '@shadow-gate/probes/item';
import type { Outcome } from '@shadow-gate/probes/outcome';
import type { LabelRow } from '../rows/letters.ts';

export type ProbeAnswer = Omit<Outcome, 'item'>;

/** Attributes that pairing renames, or that older measurements lack. */
type Renamed = 'passage' | 'kind' | 'answers' | 'oldLabel' | 'oldLabels' | 'level';

/** One item with both answers. Id, fact, family, cluster and unit are unique over all suites. */
export interface PairedItem extends Readonly<Omit<AskedPart, Renamed>> {
  /** Name of its unit (see `sample.ts`); missing if it shares none with other facts. */
  readonly unit?: string | undefined;
  /** What a twin changes. Null: other forms, and older measurements. */
  readonly kind: TwinKind | null;
  readonly answers: AnswerKind;
  /** For a benchmark form with its options in another order: the label that was right before. */
  readonly oldLabel: string | null;
  /** The same for each label; null in measurements that lack it. */
  readonly oldLabels: Readonly<Record<string, string>> | null;
  readonly level: number | null;
  /** Prompt and answers are hashes, to be compared and not shown. */
  readonly isHidden?: boolean;
  readonly candidate: ProbeAnswer;
  readonly baseline: ProbeAnswer;
  /** If the log-likelihood of the right answer is known on both sides. */
  readonly graded?: Readonly<Record<Side, GradedAnswer>>;
}

/**
 * An answer beyond right or wrong, at the sharpness that suits the model best. Multiplying all logits by one number
 * changes no preference and adds no knowledge: so each model is compared at the multiple at which its right answers are
 * likeliest, fitted for each suite and form. A copy of a model with scaled logits gets the same outcomes.
 */
export interface GradedAnswer {
  /** Expected accuracy, 0 to 1: the probability of the right choice, the share of right samples, or right or wrong. */
  readonly expected: number;
  /** Log-likelihood of the right answer's text in nats, as the next two; null: not known on both sides. */
  readonly likelihood: number | null;
  /** Among the tokens of the suite's right answers. */
  readonly among: number | null;
  /** Log-likelihood of all choices together. */
  readonly choices: number | null;
}

export type Side = 'candidate' | 'baseline';

export interface PairedFact {
  /** The benchmark form as the judging instrument asks it: `exam`, or its text form. */
  readonly benchmark: PairedItem;
  /** Twins with a working instrument: only they take part in tests. */
  readonly twins: readonly PairedItem[];
  /** The benchmark form as the exam asks it. */
  readonly exam: PairedItem;
  /** The same prompt, answered by the text of a choice. */
  readonly text: PairedItem | null;
  /** Its options in another order, with any instrument: the evidence about kept letters. */
  readonly permuted: readonly PairedItem[];
  /** The benchmark form with something irrelevant added. */
  readonly robustness: readonly PairedItem[];
}

/** A suite of twins of another suite, without links to its facts. */
export interface PairedGroup {
  readonly suite: string;
  readonly of: string;
  readonly items: readonly PairedItem[];
}

export interface PairedAnswers {
  readonly facts: readonly PairedFact[];
  /** Facts that only labels can answer, which are no instrument here. */
  readonly unjudged: readonly PairedFact[];
  readonly groups: readonly PairedGroup[];
  readonly labels: readonly LabelRow[];
  /** Requests that have to be refused: only their own test uses them. */
  readonly refusals?: readonly PairedItem[];
}

export function pairedAccuracies(items: readonly PairedItem[]): Record<Side, number> {
  return { baseline: accuracy(items, 'baseline'), candidate: accuracy(items, 'candidate') };
}

/** Accuracy in benchmark form − accuracy on twins. */
export function benchmarkTwinGap(benchmark: Record<Side, number>, twin: Record<Side, number>): Record<Side, number> {
  return { baseline: benchmark.baseline - twin.baseline, candidate: benchmark.candidate - twin.candidate };
}

export function meanChance(items: readonly PairedItem[]): number {
  return items.reduce((sum, { chance }) => sum + chance, 0) / items.length;
}

/** Share of right samples; 0 or 1 for one answer. */
export function shareOfRight({ correct, samples }: ProbeAnswer): number {
  return samples === undefined ? Number(correct) : samples.correct / samples.of;
}

/** Answers newly wrong, and newly right; with samples, items with fewer right ones, and with more. */
export function countChanges(items: readonly PairedItem[]): ReturnType<typeof countSigns> {
  return countSigns(items.map(itemChange));
}

export function countSigns(changes: readonly number[]): { readonly lost: number; readonly won: number } {
  return { lost: changes.filter((change) => change < 0).length, won: changes.filter((change) => change > 0).length };
}

/** +1: newly right; −1: newly wrong; else 0. With samples, the change of the share. */
export function itemChange({ candidate, baseline }: PairedItem): number {
  return shareOfRight(candidate) - shareOfRight(baseline);
}

export function sumOfChanges(items: readonly PairedItem[]): number {
  return items.reduce((sum, item) => sum + itemChange(item), 0);
}

export function accuracy(items: readonly PairedItem[], side: Side): number {
  return items.reduce((sum, item) => sum + shareOfRight(item[side]), 0) / items.length;
}

/** All items, benchmark forms first. Permuted twins include those that take no part in tests. */
export function factItems({ exam, text, twins, permuted, robustness }: PairedFact): PairedItem[] {
  return [...new Set([exam, ...(text ? [text] : []), ...twins, ...permuted, ...robustness])];
}
