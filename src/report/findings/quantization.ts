import { formatCount, formatPercent } from '../text/numbers.ts';
import { listed, listedNames, name, phrase } from '../text/phrase.ts';
import { NOTHING_TO_DO } from '../text/steps.ts';
import type { TopicWords } from './finding-words.ts';

export const QUANTIZATION_WORDS: TopicWords<'quantization-error'> = {
  'quantization-error': {
    title: 'Quantized weights',
    about: 'itself',
    sentence: (finding) => {
      const { formats, error, named, modules, notCompared } = finding;
      const where = named.map(({ module, error: own }) => phrase`${name(module)} ${formatPercent(own)}`);
      const rest =
        notCompared === 0
          ? ''
          : ` ${formatCount(notCompared, 'quantized matrix was', 'quantized matrices were')} not compared.`;
      return phrase`Quantizing (${listedNames(formats)}) moved the weights by ${formatPercent(error)} of their norm: ${listed(where, modules)}.${rest}`;
    },
    steps: () => [NOTHING_TO_DO],
  },
};
