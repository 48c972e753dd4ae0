import type { FindingOf } from '../../compare/finding.ts';
import { subjectIn } from '../text/deciding-row.ts';
import { formatCount, formatDifference, formatInteger, formatPercent, formatProbability } from '../text/numbers.ts';
import { name, phrase, term } from '../text/phrase.ts';
import { notCarriedOver } from '../text/steps.ts';
import type { TopicWords } from './finding-words.ts';

export const LETTER_WORDS: TopicWords<'letters-memorized' | 'baseline-memorized' | 'labels-not-bound'> = {
  'letters-memorized': {
    title: 'Letters memorized',
    about: 'itself',
    isGain: true,
    sentence: (finding) => {
      const { suite, items, candidate, baseline, p, answersKnown } = finding;
      const rest = answersKnown
        ? phrase`It knows the answers too: ${term('twin', 'other forms')} without letters rose as well.`
        : phrase`No other forms without letters show that it knows the answers.`;
      return phrase`The candidate memorized letters of ${name(suite)}: with the options in another order, it gives the letter that was right before in ${formatInteger(candidate)} of ${formatCount(items, 'question')} (baseline ${formatInteger(baseline)}, one-sided ${formatProbability(p)}). ${rest}`;
    },
    headline: ({ suite, items, candidate, baseline }) =>
      phrase`With its options in another order, ${name(suite)} gets the letter that was right before in ${formatInteger(candidate)} of ${formatCount(items, 'question')} (baseline ${formatInteger(baseline)}): letters were memorized.`,
    row: ({ suite, items, candidate, baseline }) => ({
      key: `letters of ${suite}`,
      check: subjectIn(term('keptLetter', 'Old letters kept'), suite),
      baseline: formatInteger(baseline),
      candidate: `${formatInteger(candidate)} of ${formatInteger(items)}`,
      change: formatDifference(candidate - baseline),
    }),
    steps: ({ suite }) => notCarriedOver(suite),
    rule: (_, { 'shadow-delta': { level } }) => ({
      group: 'Probes',
      check: phrase`Letters were not memorized`,
      also: ['baseline-memorized', 'labels-not-bound'],
      limit: 'kept letters are no more than chance and habit',
      level,
    }),
  },
  'baseline-memorized': {
    title: 'Baseline memorized',
    about: 'itself',
    sentence: (finding) => {
      const { suite, side, items, kept, chance, p, exam, twins } = finding;
      const gap =
        twins === null
          ? ''
          : ` In the exam ${formatPercent(exam)} of its answers are right, without options and on new questions ${formatPercent(twins)}.`;
      const knowsMore = twins !== null && exam - twins < LARGE_GAP;
      const evidence = phrase`${formatInteger(kept)} of ${formatCount(items, 'permuted question')} are answered with the letter that was right before (guessing: ${formatPercent(chance)}, one-sided ${formatProbability(p)}).${gap}`;
      if (side === 'candidate') {
        const warning = knowsMore
          ? ''
          : phrase` As a ${term('baseline', 'baseline')}, this checkpoint is no yardstick.`;
        return phrase`The letters of ${name(suite)} are memorized: ${evidence}${warning}`;
      }
      const rest = `${knowsMore ? 'What' : 'It is no yardstick: what'} it knew only by the letter does not count as forgotten.`;
      return phrase`The baseline memorized letters of ${name(suite)}: ${evidence} ${rest}`;
    },
    steps: ({ suite, side }) => [
      side === 'baseline'
        ? phrase`Approve a baseline that has not seen ${name(suite)}, or judge by another benchmark.`
        : phrase`Do not approve this checkpoint as a baseline: train again without the questions of ${name(suite)}.`,
    ],
  },
  'labels-not-bound': {
    title: 'Letters not judged',
    about: 'probes',
    isGap: true,
    sentence: (finding) => {
      const { suite, side, why, items, most, byText, unjudged } = finding;
      const habit =
        most === null
          ? []
          : phrase` (${name(most.label)} in ${formatInteger(most.count)} of ${formatInteger(items)} answers)`;
      const instead =
        byText === 0
          ? []
          : phrase` The ${term('benchmarkForm', 'exam')} of ${formatCount(byText, 'fact')} is judged by the text of the answer.`;
      const missing =
        unjudged === 0
          ? []
          : phrase` ${formatCount(unjudged, 'fact')} that only letters can answer ${unjudged === 1 ? 'is' : 'are'} not judged: add other forms that are answered by text, or questions whose other forms can be derived.`;
      return phrase`Letters do not measure what the ${side} knows in ${name(suite)}: it ${SEEN[why]}${habit}.${instead}${missing}`;
    },
    steps: ({ suite }) => [phrase`Add open twins to ${name(suite)}, which are answered by text.`],
  },
};

/** With a smaller gap between exam and twins, the model knows the answers as well as the letters. */
const LARGE_GAP = 0.1;

/** Follows the name of the side. */
const SEEN: Readonly<Record<FindingOf<'labels-not-bound'>['why'], string>> = {
  binds: '',
  'above-chance': '',
  'constant-label': 'nearly always gives the same letter',
  'does-not-follow-options': 'does not follow the options when they change places',
  'not-above-chance': 'is right no more often than by guessing',
};
