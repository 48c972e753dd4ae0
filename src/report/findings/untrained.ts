import { formatCount, formatInteger } from '../text/numbers.ts';
import { listed, name, phrase, term } from '../text/phrase.ts';
import { missingWeights } from '../text/rule-row.ts';
import { ifIntended } from '../text/steps.ts';
import type { TopicWords } from './finding-words.ts';

/** Weights that are those of the reference or the baseline. */
export const UNTRAINED_WORDS: TopicWords<'nothing-trained' | 'only-head-trained'> = {
  'nothing-trained': {
    title: 'Nothing trained',
    about: 'itself',
    sentence: ({ against, matrices, isAdapter, isIdentical }) => {
      const other = term(against, against);
      if (isIdentical && against === 'baseline')
        return phrase`The candidate has the weights of the ${other}: not a byte of them differs.`;
      if (isIdentical) return phrase`Nothing was trained: the candidate is the ${other} itself.`;
      if (isAdapter && against === 'reference') {
        return phrase`Nothing was trained: the adapter changes none of its ${formatCount(matrices, 'matrix', 'matrices')}.`;
      }
      return phrase`Nothing was trained: no matrix differs from the ${other} (${formatInteger(matrices)} compared). Only norms, biases or the configuration can.`;
    },
    steps: () => [
      phrase`Check which checkpoint was saved, that its parameters were not frozen, and that the adapter was saved and merged.`,
    ],
    rule: (report, policy) => ({
      group: 'Spectra',
      check: phrase`Something was trained`,
      limit: 'a matrix differs',
      level: policy['nothing-trained'].level,
      missing: missingWeights(report, 'candidate'),
    }),
  },
  'only-head-trained': {
    title: 'Only the head trained',
    about: 'itself',
    sentence: ({ against, named, matrices, unchanged }) => {
      const items = named.map((tensor) => phrase`${name(tensor)}`);
      const rest = formatCount(unchanged, 'other matrix is', 'other matrices are');
      return phrase`Only the head was trained: ${listed(items, matrices)}. ${rest} as in the ${term(against, against)}.`;
    },
    steps: (_, report) => [
      phrase`If the body was frozen by accident, unfreeze it and train again.`,
      ifIntended(report),
    ],
    rule: (report, policy) => ({
      group: 'Spectra',
      check: phrase`More than the head was trained`,

      limit: 'another matrix differs',
      level: policy['only-head-trained'].level,
      missing: missingWeights(report, 'candidate'),
    }),
  },
};
