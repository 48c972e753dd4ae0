import { formatCount, formatInteger } from '../text/numbers.ts';
import { listed, phrase, prose } from '../text/phrase.ts';
import { remeasure } from '../text/steps.ts';
import type { TopicWords } from './finding-words.ts';

export const PROBE_NOTE_WORDS: TopicWords<'probe-notes' | 'unpaired'> = {
  'probe-notes': {
    title: 'Remarks on probe files',
    about: 'itself',
    sentence: ({ named, notes }) =>
      listed(
        named.map((note) => [prose(note)]),
        notes,
      ),
    steps: () => [phrase`Read the remarks once, and correct the probe file if it was not meant so.`],
  },
  unpaired: {
    title: 'Facts not compared',
    about: 'itself',
    sentence: ({ facts, paired }) =>
      phrase`${formatInteger(facts - paired)} of ${formatCount(facts, 'fact')} did not run on the baseline and are not compared.`,
    steps: (_, report) => [remeasure(report)],
  },
};
