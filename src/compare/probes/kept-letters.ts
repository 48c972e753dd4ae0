import { at } from '../../platform/at.ts';
import { groupBy } from '../../platform/group-by.ts';
import { excessMatches, excessScore } from '../../statistics/excess-matches.ts';
import { holm } from '../../statistics/holm.ts';
import { exactSignFlip } from '../../statistics/sign-flip.ts';
import type { KeptRow } from './comparison.ts';
import { meanChance, type PairedFact, type PairedItem, type Side } from './paired-item.ts';

/** A candidate that kept so many more letters than the baseline, in a share of the permuted twins, has memorized them. */
const LEAST_RISE = 0.05;
const ALPHA = 0.01;

/** The same for one model alone, where no baseline shows what is usual. */
const ALPHA_ALONE = 0.001;

/**
 * How often the permuted twins of each suite were answered with the label that was right before their options changed places.
 * @param facts all of them, since the evidence is there whether or not labels are an instrument
 * @param options.hasBaseline false: both sides are the candidate
 */
export function keptLetters(facts: readonly PairedFact[], options: { readonly hasBaseline: boolean }): KeptRow[] {
  const asking = facts.filter(({ permuted }) => permuted.length > 0);
  const rows = [...groupBy(asking, ({ exam }) => exam.suite)].map(([suite, own]) => rowOf(suite, own, options));
  // Who gives many suites makes as many tests.
  const adjusted = holm(rows.map(({ p }) => p));
  return rows.map((row, i) => ({ ...row, p: at(adjusted, i) }));
}

function rowOf(
  suite: string,
  facts: readonly PairedFact[],
  { hasBaseline }: { readonly hasBaseline: boolean },
): KeptRow {
  const items = facts.flatMap(({ permuted }) => permuted);
  const count = (side: Side) => items.filter((item) => keeps(item, side)).length;
  const own = ownP(items, 'candidate');
  const baselineP = hasBaseline ? ownP(items, 'baseline') : own;
  return {
    suite,
    items: items.length,
    baseline: hasBaseline ? count('baseline') : null,
    candidate: count('candidate'),
    chance: meanChance(items),
    p: hasBaseline ? risenP(facts, items, { own, baselineP }) : own,
    baselineP,
  };
}

/** The label that was right before the options changed places, which is another option now. */
export function keeps(item: PairedItem, side: Side): boolean {
  return item.oldLabel !== null && item[side].given === item.oldLabel;
}

/**
 * Do the labels that were given agree with the old ones more often than those of a model that never saw them? Among twins with
 * the same right label, both have nothing to do with each other then: neither a habit nor knowledge of the answers counts.
 */
function ownP(items: readonly PairedItem[], side: Side): number {
  const pairs = items.map((item) => ({
    first: item[side].given,
    second: item.oldLabel ?? '',
    stratum: stratumOf(item),
  }));
  return excessMatches(pairs).p;
}

/** From here on a baseline may have memorized some letters itself, and its answers are compared one by one. */
const SUSPICIOUS = 0.05;

/**
 * Did the candidate memorize letters that the baseline had not? Beside a baseline that shows no sign of any, the candidate's own
 * test tells. Beside another one, more has to be kept than the baseline kept as well.
 */
function risenP(
  facts: readonly PairedFact[],
  items: readonly PairedItem[],
  { own, baselineP }: { readonly own: number; readonly baselineP: number },
): number {
  if (baselineP >= SUSPICIOUS) return preferenceP(items) ?? own;
  const rise = facts.map(({ permuted }) =>
    permuted.reduce((sum, item) => sum + Number(keeps(item, 'baseline')) - Number(keeps(item, 'candidate')), 0),
  );
  return Math.max(exactSignFlip(rise), own);
}

/**
 * As `ownP` of the candidate, with the log-likelihoods of all labels instead of the label that was given: they show what was
 * memorized before it decides an answer.
 * @returns null if a measurement has no log-likelihoods of the labels
 */
function preferenceP(items: readonly PairedItem[]): number | null {
  const scored = items.flatMap((item) => {
    const scores = logprobsByLabel(item);
    if (item.oldLabel === null || scores?.[item.oldLabel] === undefined) return [];
    return [{ scores, label: item.oldLabel, stratum: JSON.stringify([item.right, ...Object.keys(scores)]) }];
  });
  return scored.length === items.length ? excessScore(scored).p : null;
}

/** Measurements hold four decimals: of two that differ by less, either may have been the largest. */
const ROUNDING = 1.5e-4;

/** The log-likelihood of each label; null unless the most likely one is the one that was given. */
function logprobsByLabel({ oldLabels, candidate }: PairedItem): Readonly<Record<string, number>> | null {
  const { logprobs, given } = candidate;
  const labels = Object.keys(oldLabels ?? {}).sort();
  if (logprobs === null || labels.length !== logprobs.length || !logprobs.every(Number.isFinite)) return null;
  const ofGiven = logprobs[labels.indexOf(given)] ?? -Infinity;
  if (ofGiven < Math.max(...logprobs) - ROUNDING) return null;
  return Object.fromEntries(labels.map((label, i) => [label, at(logprobs, i)]));
}

/** Questions with fewer options have fewer labels. */
const stratumOf = ({ right, chance }: PairedItem): string => `${right} ${chance}`;

/** Did the candidate learn which letter was right, instead of which option? */
export function hasMemorizedLetters({ baseline, candidate, items, p }: KeptRow): boolean {
  return baseline !== null && p < ALPHA && candidate - baseline >= LEAST_RISE * items;
}

/** Did the baseline, or without one the model itself? */
export function baselineMemorizedLetters({ baselineP }: KeptRow): boolean {
  return baselineP < ALPHA_ALONE;
}

/** Suites whose gain, or without a baseline whose gap, is that of the letters, whatever form is the benchmark form otherwise. */
export function suitesOfMemorizedLetters(kept: readonly KeptRow[]): ReadonlySet<string> {
  const memorized = kept.filter((row) =>
    row.baseline === null ? baselineMemorizedLetters(row) : hasMemorizedLetters(row),
  );
  return new Set(memorized.map(({ suite }) => suite));
}

/** The facts whose benchmark form the baseline answered by more than a memorized letter: only those can be forgotten. */
export function factsForLoss(facts: readonly PairedFact[], kept: readonly KeptRow[]): PairedFact[] {
  const memorized = new Set(kept.filter(baselineMemorizedLetters).map(({ suite }) => suite));
  return facts.filter((fact) => !(memorized.has(fact.exam.suite) && isKnownByLetter(fact)));
}

/** Right in the exam, and the old letter again once the options have changed places. Without such a twin, nobody can tell. */
function isKnownByLetter({ benchmark, permuted }: PairedFact): boolean {
  if (benchmark.answers !== 'label' || !benchmark.baseline.correct) return false;
  return permuted.length === 0 || permuted.some((item) => keeps(item, 'baseline'));
}
