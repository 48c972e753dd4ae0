import { at, groupBy } from '@shadow-gate/platform';
import { exactSignFlip, excessMatches, holm } from '../../statistics/index.ts';
import { meanChance, type PairedFact, type PairedItem, type Side } from '../pairing/paired-item.ts';
import { unitsOf } from '../pairing/sample.ts';
import type { KeptRow } from '../rows/letters.ts';

/** Rise of kept letters over the baseline, as a share of permuted twins, that shows memorized letters. */
const LEAST_RISE = 0.05;
/** Level of the test of kept letters, of all suites together. */
export const ALPHA_OF_LETTERS = 0.01;

/** The same for one model alone, where no baseline shows what is usual. */
const ALPHA_ALONE = 0.001;

/** Smaller families are one stratum together: of a few questions, hardly any two could exchange their labels. */
const MIN_FAMILY = 20;

/**
 * How often each suite's permuted twins get the label that was right before the options moved.
 * @param facts all of them, whether or not labels are an instrument
 * @param options.hasBaseline false: both sides are the candidate
 */
export function keptLetters(facts: readonly PairedFact[], options: { readonly hasBaseline: boolean }): KeptRow[] {
  const suites = factsWithLetters(facts);
  const rows = [...suites].map(([suite, own]) => rowOf(suite, own, { ...options, tests: suites.size }));
  // Who gives many suites makes as many tests.
  const adjusted = holm(rows.map(({ p }) => p));
  return rows.map((row, i) => ({ ...row, p: at(adjusted, i) }));
}

/** The facts that have permuted twins, by suite. */
export function factsWithLetters(facts: readonly PairedFact[]): Map<string, PairedFact[]> {
  const asking = facts.filter(({ permuted }) => permuted.length > 0);
  return groupBy(asking, ({ exam }) => exam.suite);
}

function rowOf(
  suite: string,
  facts: readonly PairedFact[],
  { hasBaseline, tests }: { readonly hasBaseline: boolean; readonly tests: number },
): KeptRow {
  const items = facts.flatMap(({ permuted }) => permuted);
  const count = (side: Side) => items.filter((item) => keeps(item, side)).length;
  const own = ownP(items, 'candidate', tests);
  return {
    suite,
    items: items.length,
    baseline: hasBaseline ? count('baseline') : null,
    candidate: count('candidate'),
    chance: meanChance(items),
    // More than the baseline kept, and more than a habit for labels explains: who always said A and now says D keeps
    // others.
    p: hasBaseline ? Math.max(riseP(facts), own) : own,
    baselineP: hasBaseline ? ownP(items, 'baseline') : own,
  };
}

/** The label that was right before the options changed places, which is another option now. */
export function keeps(item: PairedItem, side: Side): boolean {
  return item.oldLabel !== null && item[side].given === item.oldLabel;
}

/**
 * Is the label of the answer key given more often than by the baseline, wherever its option is: in the exam and, after
 * the options changed places, again? One fact has both, and a baseline that guesses makes either alone noisy.
 */
function riseP(facts: readonly PairedFact[]): number {
  const rises = unitsOf(facts, ({ benchmark }) => benchmark.unit).map((unit) => unit.map(riseOfKey));
  return exactSignFlip(rises.map((own) => own.reduce((sum, rise) => sum - rise, 0)));
}

/** How many more of its answers in the exam and its permuted twins are the label of the answer key. */
export function riseOfKey({ exam, permuted }: PairedFact): number {
  const count = (side: Side) => Number(exam[side].correct) + permuted.filter((item) => keeps(item, side)).length;
  return count('candidate') - count('baseline');
}

/**
 * Do the labels that were given agree with the old ones more often than those of a model that never saw them? Among
 * twins with the same right label in the same family, both have nothing to do with each other then: neither a habit,
 * for all questions or those of one subject, nor knowledge of the answers counts.
 * @param tests number of tests among which the result will be adjusted
 */
function ownP(items: readonly PairedItem[], side: Side, tests = 1): number {
  const families = groupBy(items, ({ family }) => family);
  const isLarge = (family: string) => (families.get(family)?.length ?? 0) >= MIN_FAMILY;
  const pairs = items.map((item) => ({
    first: item[side].given,
    second: item.oldLabel ?? '',
    // Questions with fewer options have fewer labels.
    stratum: JSON.stringify([item.right, item.chance, isLarge(item.family) ? item.family : null]),
  }));
  return excessMatches(pairs, { tests }).p;
}

/** Did the candidate learn which letter was right, instead of which option? */
export function hasMemorizedLetters({ baseline, candidate, items, p }: KeptRow): boolean {
  return baseline !== null && p < ALPHA_OF_LETTERS && candidate - baseline >= LEAST_RISE * items;
}

/** Did the baseline, or without one the model itself? */
export function baselineMemorizedLetters({ baselineP }: KeptRow): boolean {
  return baselineP < ALPHA_ALONE;
}

/** Suites with a gain (without a baseline: a gap) that is one of letters. */
export function suitesOfMemorizedLetters(kept: readonly KeptRow[]): ReadonlySet<string> {
  const memorized = kept.filter((row) =>
    row.baseline === null ? baselineMemorizedLetters(row) : hasMemorizedLetters(row),
  );
  return new Set(memorized.map(({ suite }) => suite));
}

/** Facts that the baseline knew by more than a memorized letter: only those can be forgotten. */
export function factsForLoss(facts: readonly PairedFact[], kept: readonly KeptRow[]): PairedFact[] {
  const memorized = new Set(kept.filter(baselineMemorizedLetters).map(({ suite }) => suite));
  return facts.filter((fact) => !(memorized.has(fact.exam.suite) && isKnownByLetter(fact)));
}

/** Right in the exam, with the old letter given after the options moved or no twin to tell. */
function isKnownByLetter({ benchmark, permuted }: PairedFact): boolean {
  if (benchmark.answers !== 'label' || !benchmark.baseline.correct) return false;
  return permuted.length === 0 || permuted.some((item) => keeps(item, 'baseline'));
}
