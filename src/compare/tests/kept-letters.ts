import { at, groupBy } from '@shadow-gate/platform';
import { exactSignFlip, excessMatches, holm } from '../../statistics/index.ts';
import { meanChance, type PairedFact, type PairedItem, type Side } from '../pairing/paired-item.ts';
import { unitsOf } from '../pairing/sample.ts';
import type { KeptRow } from '../rows/letters.ts';

/** Rise of kept letters over the baseline, as a share of permuted twins, that shows memorized letters. */
const LEAST_RISE = 0.05;
/** Level of the test of all suites together. */
export const ALPHA_OF_LETTERS = 0.01;

/** For one model alone, without a baseline that shows what is usual. */
const ALPHA_ALONE = 0.001;

/** Smaller families are one stratum: in a few questions, hardly any two could exchange their labels. */
const MIN_FAMILY = 20;

/** How often permuted twins get the old label. @param options.hasBaseline false: both sides are the candidate */
export function keptLetters(facts: readonly PairedFact[], options: { readonly hasBaseline: boolean }): KeptRow[] {
  const suites = factsWithLetters(facts);
  const rows = [...suites].map(([suite, own]) => rowOf(suite, own, { ...options, tests: suites.size }));
  // Many suites are many tests.
  const adjusted = holm(rows.map(({ p }) => p));
  return rows.map((row, i) => ({ ...row, p: at(adjusted, i) }));
}

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
    // More than the baseline kept, and more than a habit explains: a habit may change from one label to another.
    p: hasBaseline ? Math.max(riseP(facts), own) : own,
    baselineP: hasBaseline ? ownP(items, 'baseline') : own,
  };
}

/** The label that was right before the options moved is another option now. */
export function keeps(item: PairedItem, side: Side): boolean {
  return item.oldLabel !== null && item[side].given === item.oldLabel;
}

/** Does it give the label of the answer key more often than the baseline, in the exam and after the options moved? */
function riseP(facts: readonly PairedFact[]): number {
  const rises = unitsOf(facts, ({ benchmark }) => benchmark.unit).map((unit) => unit.map(riseOfKey));
  return exactSignFlip(rises.map((own) => own.reduce((sum, rise) => sum - rise, 0)));
}

/** Rise of the answers in the exam and its permuted twins that are the label of the answer key. */
export function riseOfKey({ exam, permuted }: PairedFact): number {
  const count = (side: Side) => Number(exam[side].correct) + permuted.filter((item) => keeps(item, side)).length;
  return count('candidate') - count('baseline');
}

/**
 * Do answers agree with the old labels more often than those of a model that never saw them? Compared among twins with
 * the same right label in the same family, so neither a habit nor knowledge of the answers counts.
 * @param tests number of tests for which the result will be adjusted
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

export function hasMemorizedLetters({ baseline, candidate, items, p }: KeptRow): boolean {
  return baseline !== null && p < ALPHA_OF_LETTERS && candidate - baseline >= LEAST_RISE * items;
}

/** Whether the baseline did, or without one the model itself. */
export function baselineMemorizedLetters({ baselineP }: KeptRow): boolean {
  return baselineP < ALPHA_ALONE;
}

/** Suites with a gain (without a baseline: a gap) of memorized letters. */
export function suitesOfMemorizedLetters(kept: readonly KeptRow[]): ReadonlySet<string> {
  const memorized = kept.filter((row) =>
    row.baseline === null ? baselineMemorizedLetters(row) : hasMemorizedLetters(row),
  );
  return new Set(memorized.map(({ suite }) => suite));
}

/** Facts that the baseline knew by more than a memorized letter: others cannot be forgotten. */
export function factsForLoss(facts: readonly PairedFact[], kept: readonly KeptRow[]): PairedFact[] {
  const memorized = new Set(kept.filter(baselineMemorizedLetters).map(({ suite }) => suite));
  return facts.filter((fact) => !(memorized.has(fact.exam.suite) && isKnownByLetter(fact)));
}

/** Right in the exam, and kept by the old letter, or without a twin to tell. */
function isKnownByLetter({ benchmark, permuted }: PairedFact): boolean {
  if (benchmark.answers !== 'label' || !benchmark.baseline.correct) return false;
  return permuted.length === 0 || permuted.some((item) => keeps(item, 'baseline'));
}
