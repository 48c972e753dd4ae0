import { formatCount, formatInteger } from '../text/numbers.ts';
import { name, phrase } from '../text/phrase.ts';
import type { TopicWords } from './finding-words.ts';

export const NON_FINITE_WORDS: TopicWords<'non-finite' | 'no-spectrum'> = {
  'non-finite': {
    title: 'NaN or Inf',
    about: 'itself',
    sentence: ({ tensor, nan, inf }) => {
      const counts = [nan > 0 ? formatCount(nan, 'NaN value') : '', inf > 0 ? formatCount(inf, 'Inf value') : ''];
      return phrase`${name(tensor)} contains ${counts.filter(Boolean).join(' and ')}.`;
    },
    row: ({ tensor, nan, inf }) => ({
      where: phrase`, ${name(tensor)}`,
      candidate: formatInteger(nan + inf),
      limit: '0',
    }),
    steps: () => [
      phrase`Go back to the last checkpoint without NaN, and look for a loss that exploded, an overflow of float16, or a broken conversion.`,
    ],
    rule: (_, policy) => ({
      group: 'Spectra',
      check: phrase`NaN and Inf`,
      limit: 'none',
      level: policy['non-finite'].level,
    }),
  },
  'no-spectrum': {
    title: 'No spectrum',
    about: 'spectra',
    isGap: true,
    sentence: ({ tensor, of }) =>
      of === 'weight'
        ? phrase`${name(tensor)} has no spectrum: the squares of its values exceed the range of float64.`
        : phrase`The update of ${name(tensor)} has no spectrum: the weight or the reference is not finite.`,
    steps: () => [
      phrase`Check this tensor of candidate and reference for NaN, Inf and absurd values, and save it again.`,
    ],
  },
};
