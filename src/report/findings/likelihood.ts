import { isSmallLoss } from '../../compare/index.ts';
import { subjectIn } from '../text/deciding-row.ts';
import { formatCount, formatLikelihood, formatPointsChange } from '../text/numbers.ts';
import { name, type Phrase, phrase, term } from '../text/phrase.ts';
import { lostSkill, moreQuestions, NOTHING_TO_DO } from '../text/steps.ts';
import type { TopicWords } from './finding-words.ts';

const LIKELIHOOD = term('answerLikelihood', 'Answer likelihood');
const UNIT = 'nats per byte';

/** Follows the number. */
const among = ({ isAmong }: { readonly isAmong?: true | undefined }): string =>
  isAmong ? ' among the right answers of its suite' : '';

const partOf = ({ capability, suite }: { readonly capability: string | null; readonly suite: string | null }) =>
  capability ?? suite;

const whereIn = (finding: Parameters<typeof partOf>[0]): Phrase | readonly [] => {
  const part = partOf(finding);
  return part === null ? [] : phrase` in ${name(part)}`;
};

export const LIKELIHOOD_WORDS: TopicWords<
  'likelihood-loss' | 'likelihood-unclear' | 'likelihood-missing' | 'answer-mass' | 'judged-by-likelihood'
> = {
  'likelihood-loss': {
    title: 'Answer likelihood',
    about: 'itself',
    isLoss: true,
    sentence: (finding) => {
      const { facts, change, upper, limit, expected, isConfirmed } = finding;
      const confirmed = isConfirmed
        ? phrase`${term('expectedAccuracy', 'Expected accuracy')} fell with it (${formatPointsChange(expected)}).`
        : phrase`${term('expectedAccuracy', 'Expected accuracy')} ${expected < 0 ? 'fell by less than a loss' : 'did not fall'} (${formatPointsChange(expected)}): it may be another style.`;
      return phrase`${LIKELIHOOD}${whereIn(finding)} fell by ${formatLikelihood(-change)} ${UNIT}${among(finding)} on ${formatCount(facts, 'fact')}, by ${formatLikelihood(-upper)} at least (limit ${formatLikelihood(limit)}). ${confirmed}`;
    },
    headline: (finding) => {
      const { change, limit } = finding;
      return phrase`The right answers${whereIn(finding)} are less likely${among(finding)}: ${formatLikelihood(change)} ${UNIT}, and the limit is ${formatLikelihood(-limit)}.`;
    },
    row: (finding) => {
      const part = partOf(finding);
      return {
        key: part === null ? 'likelihood' : `likelihood of ${part}`,
        check: subjectIn(LIKELIHOOD, part),
        change: `${formatLikelihood(finding.change)} ${UNIT}`,
        limit: formatLikelihood(-finding.limit),
      };
    },
    part: (finding) => (partOf(finding) === null ? null : { whole: 'likelihood', change: finding.change }),
    steps: (_, report) => lostSkill(report),
    rule: (report, { 'answer-likelihood': { limit, level } }) => {
      const known = report.probes?.comparison.graded[0]?.likelihood ?? null;
      return {
        group: 'Probes',
        also: ['likelihood-unclear', 'likelihood-missing'],
        check: phrase`${LIKELIHOOD}, all and by capability`,
        limit: `a fall of at most ${formatLikelihood(limit)} ${UNIT}`,
        level,
        value: known && phrase`${formatLikelihood(known.value)} ${UNIT}`,
      };
    },
  },
  'likelihood-unclear': {
    title: 'Answer likelihood unclear',
    about: 'itself',
    sentence: ({ change, lower, upper, limit, facts, isAmong }) =>
      isSmallLoss({ change, upper, limit })
        ? phrase`${LIKELIHOOD} fell by ${formatLikelihood(-change)} ${UNIT}${among({ isAmong })} on ${formatCount(facts, 'fact')}: a small loss, near the limit of ${formatLikelihood(limit)}.`
        : phrase`A fall of ${term('answerLikelihood', 'answer likelihood')} by ${formatLikelihood(-lower)} ${UNIT}${among({ isAmong })} cannot be ruled out on ${formatCount(facts, 'fact')} (limit ${formatLikelihood(limit)}, measured ${formatLikelihood(change)}).`,
    row: ({ change, lower, limit }) => ({
      key: 'likelihood',
      check: [LIKELIHOOD],
      change: `${formatLikelihood(change)}, perhaps ${formatLikelihood(lower)}`,
      limit: formatLikelihood(-limit),
    }),
    steps: ({ level }, report) => (level === 'warn' ? lostSkill(report) : [phrase`${moreQuestions(report)}.`]),
  },
  'likelihood-missing': {
    title: 'Answers without likelihoods',
    about: 'probes',
    isGap: true,
    sentence: ({ items }) =>
      phrase`${formatCount(items, 'answer')} of the candidate ${items === 1 ? 'has' : 'have'} no likelihood, and the baseline has ${items === 1 ? 'it' : 'them'}: a fall could not show.`,
    steps: () => [
      phrase`Measure the candidate again with this version, and by the same way of asking as the baseline.`,
    ],
  },
  'answer-mass': {
    title: 'Probability moved to the answers',
    about: 'itself',
    sentence: ({ facts, moved, lower, limit }) =>
      phrase`Right answers of ${formatCount(facts, 'fact')} are likelier by ${formatLikelihood(moved)} ${UNIT} (at least ${formatLikelihood(lower)}, limit ${formatLikelihood(limit)}) because tokens that are never right here lost probability. Nothing is known by that, so it softens no finding.`,
    steps: () => [
      phrase`Expect this of a model that learned to answer in this form; otherwise compare its output matrix with the baseline's.`,
    ],
  },
  'judged-by-likelihood': {
    title: 'Judged by likelihood',
    about: 'itself',
    sentence: ({ capability, facts }) =>
      phrase`${capability === null ? phrase`These questions` : phrase`Capability ${name(capability)}`} (${formatCount(facts, 'fact')}) ${capability === null ? 'are' : 'is'} answered no better than by guessing: it was judged by how likely the right answers are.`,
    steps: () => [NOTHING_TO_DO],
  },
};
