import type { FindingOf } from '../../compare/finding.ts';
import { accuracyNumbers, dropLimit } from '../text/deciding-row.ts';
import {
  formatCount,
  formatEnds,
  formatInteger,
  formatPercent,
  formatPoints,
  formatPointsChange,
  formatPointsLimit,
  formatPossibleDrop,
  formatProbability,
  NO_NUMBER,
  pointsDigits,
} from '../text/numbers.ts';
import { code, name, type Phrase, phrase } from '../text/phrase.ts';
import { remeasure } from '../text/steps.ts';
import type { TopicWords } from './finding-words.ts';

export const SUITE_WORDS: TopicWords<'suite-missing' | 'suite-unclear' | 'slice-loss' | 'slices-not-judged'> = {
  'suite-missing': {
    title: 'Suite missing',
    about: 'itself',
    sentence: ({ suite, cause }) => phrase`${name(suite)}, which the policy requires, was not judged: ${WHY[cause]}.`,
    row: ({ suite }) => ({ key: `suite ${suite}`, check: phrase`Required: ${name(suite)}`, candidate: 'missing' }),
    steps: ({ suite, cause }) => [WHAT_TO_DO[cause](suite)],
  },
  'suite-unclear': {
    title: 'Loss in a suite not ruled out',
    about: 'itself',
    sentence: ({ suite, items, possibleDrop, limit }) =>
      phrase`A drop of ${formatPossibleDrop(possibleDrop)} in ${name(suite)}, which the policy requires, cannot be ruled out by ${formatCount(items, 'item')} (limit ${formatPointsLimit(limit)}).`,
    row: ({ suite, possibleDrop, limit }) => ({
      key: `suite ${suite}`,
      check: [name(suite)],
      change: possibleDrop === null ? NO_NUMBER : `perhaps ${formatPointsChange(-possibleDrop)}`,
      limit: dropLimit(limit),
    }),
    steps: ({ suite }) => [phrase`Give ${name(suite)} more items, or a larger ${code('drop')}.`],
  },
  'slice-loss': {
    title: 'Slice loss',
    about: 'itself',
    isLoss: true,
    sentence: (finding) => {
      const { suite, facts, candidate, baseline, change, lower, upper, p, limit, slices } = finding;
      const accuracies = `${formatPercent(baseline)} → ${formatPercent(candidate)}`;
      const ends = formatEnds({ value: change, lower, upper }, pointsDigits);
      const others = slices > 1 ? ` It is the worst of ${formatInteger(slices)} slices that lost.` : '';
      return phrase`${name(suite)} dropped ${formatPoints(-change)} where ${sliceName(finding)} (${accuracies}, ${ends}; limit ${formatPointsLimit(limit)}; ${formatCount(facts, 'fact')}, ${formatProbability(p)} adjusted for all slices).${others}`;
    },
    headline: (finding) =>
      phrase`${name(finding.suite)} ${formatPointsChange(finding.change)} where ${sliceName(finding)}: a loss beyond the limit of ${formatPointsLimit(finding.limit)}.`,
    row: (finding) => ({
      key: `slice of ${finding.suite}`,
      check: phrase`${name(finding.suite)}, ${sliceName(finding)}`,
      ...accuracyNumbers(finding, dropLimit(finding.limit)),
    }),
    steps: ({ value }) => [
      phrase`Look at what the training data has of ${name(value)}, and compare the answers to these items.`,
    ],
  },
  'slices-not-judged': {
    title: 'Slices not judged',
    about: 'itself',
    isGap: true,
    sentence: ({ suite, field, slices }) =>
      slices === 0
        ? phrase`${name(suite)} was not judged by ${name(field)}: the baseline does not have its values.`
        : phrase`${name(suite)} was not judged by ${name(field)}: of ${formatCount(slices, 'slice')}, none has enough items in which a loss could show.`,
    steps: ({ slices, field }, report) =>
      slices === 0
        ? [remeasure(report)]
        : [phrase`Add items for each ${name(field)}, or take it out of ${code('slices')}.`],
  },
};

const sliceName = ({ field, value }: FindingOf<'slice-loss'>): Phrase => phrase`${name(field)} is ${name(value)}`;

type Cause = FindingOf<'suite-missing'>['cause'];

const WHY: Readonly<Record<Cause, string>> = {
  'not-there': 'the candidate was not asked it',
  'no-answers': 'none of its items could be run',
  'not-judged': 'no loss could show in it, since the baseline does no better than guessing there',
};

const WHAT_TO_DO: Readonly<Record<Cause, (suite: string) => Phrase>> = {
  'not-there': (suite) =>
    phrase`Measure the candidate with ${name(suite)}, or leave out ${code('required')} in the policy.`,
  'no-answers': (suite) =>
    phrase`Read why the items of ${name(suite)} were left out: most often their prompts do not fit the context.`,
  'not-judged': (suite) =>
    phrase`Require a suite that the baseline answers: ${name(suite)} is too hard for it, or its letters say nothing.`,
};
