import { formatCount, formatLikelihood } from '../text/numbers.ts';
import { name, phrase, term } from '../text/phrase.ts';
import type { TopicWords } from './finding-words.ts';

const UNIT = 'nats per byte';

export const TEXT_LIKELIHOOD_WORDS: TopicWords<'text-likelihood'> = {
  'text-likelihood': {
    title: 'Text likelihood',
    about: 'itself',
    sentence: ({ suite, texts, change, standardError, upper, limit }) =>
      phrase`The ${formatCount(texts, 'text')} of ${name(suite)} became less likely by ${formatLikelihood(-change)} ± ${formatLikelihood(standardError)} ${UNIT}, by ${formatLikelihood(-upper)} at least (limit ${formatLikelihood(limit)}). That is damage, or another style of writing: the questions decide.`,
    row: ({ suite, change, standardError, limit }) => ({
      key: `texts ${suite}`,
      check: phrase`${term('textLikelihood', 'Text likelihood')} of ${name(suite)}`,
      change: `${formatLikelihood(change)} ± ${formatLikelihood(standardError)} ${UNIT}`,
      limit: formatLikelihood(-limit),
    }),
    steps: () => [
      phrase`If the candidate was meant to write in another style, choose texts of that style. Otherwise train it less, or quantize it less.`,
    ],
    rule: ({ probes }, { 'text-likelihood': { limit, level } }) => {
      const rows = probes?.comparison.texts ?? [];
      const [worst] = rows.flatMap(({ change }) => change ?? []).toSorted((a, b) => a.value - b.value);
      return {
        group: 'Probes',
        check: phrase`${term('textLikelihood', 'Text likelihood')} of each suite of texts`,
        limit: `a fall of at most ${formatLikelihood(limit)} ${UNIT}`,
        level,
        missing: worst
          ? null
          : rows.length === 0
            ? 'the policy lists no texts'
            : 'the baseline has not scored these texts',
        value: worst ? phrase`${formatLikelihood(worst.value)} ${UNIT}` : null,
      };
    },
  },
};
