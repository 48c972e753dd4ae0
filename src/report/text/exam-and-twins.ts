import type { FindingOf } from '../../compare/finding.ts';
import type { Both, Estimate, KindRow, ShadowRow } from '../../compare/probes/index.ts';
import type { Report } from '../../compare/report.ts';
import {
  formatInteger,
  formatPercent,
  formatPoints,
  formatPointsChange,
  formatPointsLimit,
  formatProbability,
  pointsDigits,
} from './numbers.ts';
import { name, type Phrase, phrase } from './phrase.ts';
import { allTwinWords, EXAM, TWINS, twinWords } from './twin-words.ts';

/** The row of all facts, or of one capability. */
export const factsRow = ({ probes }: Report, capability: string | null): ShadowRow | undefined =>
  probes?.comparison.rows.find((row) => row.suite === null && row.capability === capability);

const changeOf = ({ baseline, candidate }: Both): number | null => (baseline === null ? null : candidate - baseline);

/** `Exam +0.4 points; new questions of the same kind −0.2`; null without two sides. */
export function examAndTwins(report: Report): Phrase | null {
  const whole = factsRow(report, null);
  const [exam, twins] = whole ? [changeOf(whole.benchmark), changeOf(whole.twin)] : [null, null];
  if (exam === null || twins === null || report.probes === null) return null;
  return phrase`${EXAM} ${formatPointsChange(exam)}; ${allTwinWords(report.probes.comparison)} ${pointsDigits(twins)}`;
}

type Drop = Readonly<Record<'baseline' | 'candidate' | 'change' | 'limit' | 'lost' | 'won' | 'p', number>>;

/** @param counted the answers, in words */
export function droppedSentence(subject: Phrase, drop: Drop, counted: string): Phrase {
  const { baseline, candidate, change, limit, lost, won, p } = drop;
  const accuracies = `${formatPercent(baseline)} → ${formatPercent(candidate)}`;
  return phrase`${subject} dropped ${formatPoints(-change)} (${accuracies}; limit ${formatPointsLimit(limit)}): ${formatInteger(lost)} of ${counted} are newly wrong, ${formatInteger(won)} newly right (${formatProbability(p)}).`;
}

/** A check that stops at a loss stops when the loss looks largest. */
export const atStopping = ({ probes }: Report): string =>
  probes?.sequential?.settled === 'fail' ? ' at stopping' : '';

/** A loss of twins, with the change of the exam of the same facts. */
export function twinLossSentence(
  { capability, suite, change, limit }: Pick<FindingOf<'accuracy-loss'>, 'capability' | 'suite' | 'change' | 'limit'>,
  report: Report,
): Phrase {
  const row = suite === null ? factsRow(report, capability) : undefined;
  const exam = row ? changeOf(row.benchmark) : null;
  const twins = report.probes ? allTwinWords(report.probes.comparison) : phrase`twins`;
  const part = capability ?? suite;
  const where = part === null ? [] : phrase` (${name(part)})`;
  const rest = phrase`${pointsDigits(change)}${atStopping(report)}: a loss beyond the limit of ${formatPointsLimit(limit)}.`;
  return exam === null
    ? phrase`${TWINS}${where} ${rest}`
    : phrase`${EXAM}${where} ${formatPointsChange(exam)}; ${twins} ${rest}`;
}

export interface CarryOver {
  /** Changes of accuracy, as shares. */
  readonly exam: number;
  readonly twins: number;
  readonly transfer: Estimate;
}

/** Null without a baseline, or if the exam gained too little. */
export function twinCarryOver({ benchmark, twin, transfer }: KindRow): CarryOver | null {
  if (transfer === null || benchmark.baseline === null || twin.baseline === null) return null;
  return { exam: benchmark.candidate - benchmark.baseline, twins: twin.candidate - twin.baseline, transfer };
}

const LESS = [
  [0.1, 'hardly any of the gain carries over'],
  [0.25, 'less than a quarter of the gain carries over'],
  [0.5, 'less than half of the gain carries over'],
] as const;
const MORE = [
  [0.75, 'most of the gain carries over'],
  [0.5, 'more than half of the gain carries over'],
] as const;

/** In words that both the interval of the transfer and the ratio of the changes support; null if too uncertain. */
export function carryOverWords({ exam, twins, transfer }: CarryOver): string | null {
  if (exam <= 0) return null;
  const share = twins / exam;
  const { lower, upper } = transfer;
  const less = LESS.find(([bound]) => upper !== null && upper < bound && share < bound);
  const more = MORE.find(([bound]) => lower !== null && lower > bound && share > bound);
  return less?.[1] ?? more?.[1] ?? null;
}

/** The gain in the exam, and how much of it the twins share. The suite is named if there are several. */
export function carryOverSentence(
  row: KindRow,
  gain: CarryOver,
  { words, kinds }: { readonly words: string; readonly kinds: readonly KindRow[] },
): Phrase {
  const isOne = kinds.every(({ suite }) => suite === row.suite);
  const where = isOne ? [] : phrase` (${name(row.suite)})`;
  return phrase`${EXAM}${where} ${formatPointsChange(gain.exam)}; ${twinWords(row)} ${pointsDigits(gain.twins)}: ${words}.`;
}
