import type { ComparisonContext } from '../context.ts';
import type { Finding } from '../finding.ts';
import { pairWithItself } from '../pairing/pair.ts';
import { accuracy, type PairedAnswers } from '../pairing/paired-item.ts';
import type { KeptRow } from '../rows/letters.ts';
import { baselineMemorizedLetters, keptLetters } from '../tests/kept-letters.ts';

/**
 * A baseline that knows letters instead of answers proves nothing: what a candidate loses may never have been known.
 */
export function baselineMemorizedCheck({ probes }: ComparisonContext): Finding[] {
  if (probes.kind === 'paired') return memorizedBy('baseline', probes, probes.evaluation.comparison.kept);
  if (probes.kind !== 'alone' || probes.why.kind !== 'no-baseline') return [];
  // It may become the baseline.
  const answers = pairWithItself(probes.probes);
  const kept = keptLetters([...answers.facts, ...answers.unjudged], { hasBaseline: false });
  return memorizedBy('candidate', answers, kept);
}

function memorizedBy(
  side: 'baseline' | 'candidate',
  { facts, unjudged }: Pick<PairedAnswers, 'facts' | 'unjudged'>,
  kept: readonly KeptRow[],
): Finding[] {
  return kept.filter(baselineMemorizedLetters).map((row) => {
    const own = [...facts, ...unjudged].filter(({ exam }) => exam.suite === row.suite);
    const strong = own.flatMap(({ twins }) => twins.filter(({ kind }) => kind === 'open' || kind === 'fresh'));
    return {
      kind: 'baseline-memorized',
      level: 'warn',
      suite: row.suite,
      side,
      items: row.items,
      kept: side === 'baseline' ? (row.baseline ?? 0) : row.candidate,
      chance: row.chance,
      p: row.baselineP,
      exam: accuracy(
        own.map(({ exam }) => exam),
        side,
      ),
      twins: strong.length === 0 ? null : accuracy(strong, side),
    };
  });
}
