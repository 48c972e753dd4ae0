import type { ComparisonContext } from '../context.ts';
import type { Finding } from '../finding.ts';
import { areAnswersKnown } from '../probes/answers-known.ts';
import { hasMemorizedLetters } from '../probes/kept-letters.ts';

/**
 * The candidate gives the letter that was right before the options changed places, more often than the baseline and than a
 * habit for letters explains: it learned letters of the benchmark. Where it learned the answers too, that is a remark.
 */
export function lettersMemorized({ probes, policy }: ComparisonContext): Finding[] {
  if (probes.kind !== 'paired') return [];
  const { kept, kinds } = probes.evaluation.comparison;
  const rule = policy['shadow-delta'];
  return kept.filter(hasMemorizedLetters).map(({ suite, items, candidate, baseline, p }) => {
    const answersKnown = areAnswersKnown(suite, probes, kinds, rule['transfer-fail']);
    const level = answersKnown ? 'info' : rule.level;
    return { kind: 'letters-memorized', level, suite, items, candidate, baseline: baseline ?? 0, p, answersKnown };
  });
}
