import { exactSignFlip } from '../../statistics/index.ts';
import type { Check } from '../check.ts';
import type { ComparisonContext } from '../context.ts';
import { LEAST_FACTS } from '../estimates/kinds.ts';
import type { Finding } from '../finding.ts';
import { type PairedAnswers, type PairedItem, sumOfChanges } from '../pairing/paired-item.ts';
import { sampleOf, sumsByUnit } from '../pairing/sample.ts';
import type { KindRow } from '../rows/gains.ts';
import type { HarmRule, KnownAnswers } from '../sequential/harm-rule.ts';
import { ALPHA_OF_LETTERS, factsWithLetters, hasMemorizedLetters, riseOfKey } from '../tests/kept-letters.ts';

/**
 * The candidate gives the old letter after the options moved, more often than the baseline and than a habit explains:
 * it learned letters. If it learned the answers too, that is a remark.
 */
export const lettersMemorizedCheck = { find, harm } satisfies Check;

function find({ probes, policy }: ComparisonContext): Finding[] {
  if (probes.kind !== 'paired') return [];
  const { kept, kinds } = probes.evaluation.comparison;
  const rule = policy['shadow-delta'];
  return kept.filter(hasMemorizedLetters).map(({ suite, items, candidate, baseline, p }) => {
    const answersKnown = areAnswersKnown(suite, probes, kinds, rule['transfer-fail']);
    const level = answersKnown ? 'info' : rule.level;
    return { kind: 'letters-memorized', level, suite, items, candidate, baseline: baseline ?? 0, p, answersKnown };
  });
}

/** How many more answers are the label of the key, in the exam and in its permuted twins. */
function harm({ facts, unjudged }: KnownAnswers): HarmRule[] {
  const suites = factsWithLetters([...facts, ...unjudged]);
  return [...suites].map(([suite, own]) => ({
    of: { kind: 'letters-memorized', suite },
    isPart: true,
    facts: own,
    harm: riseOfKey,
    units: own.length,
    most: 1 + Math.max(...own.map(({ permuted }) => permuted.length)),
    least: 1,
    alpha: ALPHA_OF_LETTERS / suites.size,
    loosest: ALPHA_OF_LETTERS,
  }));
}

/** Twins that know nothing of letters rose by chance so often. */
const ALPHA_OF_RISE = 0.01;

/**
 * Did the candidate learn the answers of a suite as well as its letters? Its `open`, `fresh` or `group` twins rose, by
 * an exact test, and by enough of what its exam form gained.
 * @param kinds where there is a transfer of a kind, it decides; without one, the points do
 */
function areAnswersKnown(
  suite: string,
  { facts, unjudged, groups }: Pick<PairedAnswers, 'facts' | 'unjudged' | 'groups'>,
  kinds: readonly KindRow[],
  leastTransfer: number,
): boolean {
  const own = [...facts, ...unjudged].filter(({ exam }) => exam.suite === suite);
  const gain = meanChange(own.map(({ exam }) => exam));
  return (['open', 'fresh', 'group'] as const).some((kind) => {
    const members =
      kind === 'group'
        ? groups.filter(({ of }) => of === suite).flatMap(({ items }) => items.map((item) => [item]))
        : own.map(({ twins }) => twins.filter((twin) => twin.kind === kind)).filter(({ length }) => length > 0);
    const rises = sumsByUnit(sampleOf(members)).map((change) => -change);
    // A few facts whose answers are known do not excuse the letters of all the others.
    if (rises.length < LEAST_FACTS || exactSignFlip(rises) >= ALPHA_OF_RISE) return false;
    const rows = kinds.filter((row) => row.suite === suite && row.kind === kind);
    const transfers = rows.flatMap(({ transfer }) => transfer ?? []);
    if (transfers.length > 0) return transfers.every(({ value }) => value >= leastTransfer);
    return meanChange(members.flat()) >= leastTransfer * gain;
  });
}

function meanChange(items: readonly PairedItem[]): number {
  return sumOfChanges(items) / Math.max(1, items.length);
}
