import type { Check } from '../check.ts';
import type { ComparisonContext } from '../context.ts';
import type { Finding } from '../finding.ts';
import { areAnswersKnown } from '../probes/answers-known.ts';
import { ALPHA_OF_LETTERS, factsWithLetters, hasMemorizedLetters, riseOfKey } from '../probes/kept-letters.ts';
import type { HarmRule, KnownAnswers } from '../sequential/harm-rule.ts';

/**
 * The candidate gives the letter that was right before the options changed places, more often than the baseline and than a
 * habit for letters explains: it learned letters of the benchmark. Where it learned the answers too, that is a remark.
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
