import type { Estimate, KindRow } from '../../compare/probes/index.ts';
import { formatPointsChange, pointsDigits } from './numbers.ts';
import { name, type Phrase, phrase } from './phrase.ts';
import { EXAM, twinWords } from './twin-words.ts';

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

/**
 * How much of a gain carries over, in words that two numbers support: the interval of the transfer, which decides, and
 * the ratio of the two changes. Null if the interval is too wide.
 */
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
