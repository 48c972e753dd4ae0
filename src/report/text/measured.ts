import type { KindRow, ProbeComparison } from '../../compare/probes/comparison.ts';
import { baselineMemorizedLetters } from '../../compare/probes/kept-letters.ts';
import { keptSentence, labelSentence } from './instruments.ts';
import { levelsSentence } from './levels.ts';
import { formatPercent } from './numbers.ts';
import { type Phrase, phrase } from './phrase.ts';

/** Suites that are worth a line after a measurement. */
const MAX_SUITES = 8;

/** What somebody who is about to approve a measurement has to know of it, beside how much it can detect. */
export function measuredNotes({ labels, kept, kinds, levels }: ProbeComparison): Phrase[] {
  const memorized = kept.filter(baselineMemorizedLetters);
  return [
    ...labels.filter(({ works }) => !works).map(labelSentence),
    ...memorized.map((row) => {
      const gaps = kinds.filter(({ suite, role }) => suite === row.suite && role !== 'labels-not-bound');
      return phrase`${keptSentence(row)} It memorized letters, so as a baseline it is no yardstick.${gapSentence(gaps)}`;
    }),
    ...(levels.length > 0 ? [levelsSentence(levels)] : []),
  ].slice(0, 2 * MAX_SUITES);
}

function gapSentence(rows: readonly KindRow[]): string {
  const [first] = rows;
  if (first === undefined) return '';
  const twins = rows.map(({ kind, twin }) => `on ${kind} twins ${formatPercent(twin.candidate)}`);
  return ` In benchmark form ${formatPercent(first.benchmark.candidate)} of its answers are right, ${twins.join(', ')}.`;
}
