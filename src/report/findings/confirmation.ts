import type { FindingOf } from '../../compare/finding.ts';
import { formatPercentLimit, formatPointsChange } from '../text/numbers.ts';
import { listed, name, type Phrase, phrase } from '../text/phrase.ts';
import type { TopicWords } from './finding-words.ts';

export const CONFIRMATION_WORDS: TopicWords<'not-confirmed' | 'confirmed'> = {
  'not-confirmed': {
    title: 'Not confirmed',
    about: 'itself',
    sentence: ({ first, second, alpha }) =>
      phrase`The check failed with the questions of seed ${first.seed.toString()} (${seen(first)}) and not with new ones, of seed ${second.seed.toString()} (${seen(second)}), so that it only warns. ${bothBy(alpha)}`,
    steps: () => [
      phrase`Look at the questions that were lost. If it matters, ask more: a loss that is there shows in more questions, and noise does not.`,
    ],
  },
  confirmed: {
    title: 'Confirmed',
    about: 'itself',
    sentence: ({ first, second, alpha }) =>
      phrase`New questions, of seed ${second.seed.toString()}, failed as well (${seen(second)}), as those of seed ${first.seed.toString()} did (${seen(first)}). ${bothBy(alpha)}`,
    steps: () => [phrase`Read the findings that fail: it is hardly noise.`],
  },
};

function seen({ benchmark, twin, kinds }: FindingOf<'confirmed'>['first']): Phrase {
  const changes = [
    ...(benchmark === null ? [] : [phrase`exam ${formatPointsChange(benchmark)}`]),
    ...(twin === null ? [] : [phrase`other forms ${formatPointsChange(twin)}`]),
    ...kinds.map((kind) => phrase`${name(kind)}`),
  ];
  return changes.length === 0 ? phrase`no answers` : listed(changes);
}

/** New questions are independent of the first ones. */
const bothBy = (alpha: number): Phrase =>
  phrase`Where nothing was lost, one check finds a loss in at most ${formatPercentLimit(alpha)} of cases, and two with other questions in at most ${formatPercentLimit(alpha * alpha)}.`;
