import type { FindingOf } from '../../compare/finding.ts';
import { dropLimit } from '../text/deciding-row.ts';
import { formatCount, formatPointsChange, formatPointsLimit, formatPossibleDrop, NO_NUMBER } from '../text/numbers.ts';
import { code, name, type Phrase, phrase } from '../text/phrase.ts';
import type { TopicWords } from './finding-words.ts';

/** Suites that the policy says something of. */
export const SUITE_WORDS: TopicWords<'suite-missing' | 'suite-unclear'> = {
  'suite-missing': {
    title: 'Suite missing',
    about: 'itself',
    sentence: ({ suite, cause }) => phrase`${name(suite)}, which the policy requires, was not judged: ${WHY[cause]}.`,
    row: ({ suite }) => ({ key: `suite ${suite}`, check: [name(suite)], candidate: 'missing', limit: 'required' }),
    steps: ({ suite, cause }) => [whatToDo(suite, cause)],
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
};

const WHY: Readonly<Record<FindingOf<'suite-missing'>['cause'], string>> = {
  'not-there': 'the candidate was not asked it',
  'no-answers': 'none of its items could be run',
  'not-judged': 'no loss could show in it, since the baseline does no better than guessing there',
};

function whatToDo(suite: string, cause: FindingOf<'suite-missing'>['cause']): Phrase {
  switch (cause) {
    case 'not-there':
      return phrase`Measure the candidate with ${name(suite)}, or leave out ${code('required')} in the policy.`;
    case 'no-answers':
      return phrase`Read why the items of ${name(suite)} were left out: most often their prompts do not fit the context.`;
    case 'not-judged':
      return phrase`Require a suite that the baseline answers: ${name(suite)} is too hard for it, or its letters say nothing.`;
  }
}
