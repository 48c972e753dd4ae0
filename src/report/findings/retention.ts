import { atLeast } from '../text/deciding-row.ts';
import { formatInteger, formatInterval, formatPercent, formatPercentLimit } from '../text/numbers.ts';
import { phrase, term } from '../text/phrase.ts';
import { ifAcceptable, quantizeLess } from '../text/steps.ts';
import type { TopicWords } from './finding-words.ts';

/** Answers that the baseline was sure of and the candidate gets wrong. */
export const RETENTION_WORDS: TopicWords<'retention'> = {
  retention: {
    title: 'Retention',
    about: 'itself',
    isLoss: true,
    sentence: ({ value, certain, kept, least, bound }) => {
      const limits = `limits: ${formatPercentLimit(least)}, interval ${formatPercentLimit(bound)}`;
      return phrase`${term('retention', 'Retention')} is ${formatPercent(value)} (${limits}): ${formatInteger(certain - kept)} of ${formatInteger(certain)} exam questions that the baseline answered with certainty are now wrong.`;
    },
    headline: ({ value, certain, kept, least }) =>
      phrase`${formatInteger(certain - kept)} of ${formatInteger(certain)} exam answers that the baseline was sure of ${certain - kept === 1 ? 'is' : 'are'} now wrong: ${formatPercent(value)} are kept, and the limit is ${formatPercentLimit(least)}.`,
    row: ({ value, least }) => ({
      key: 'retention',
      check: [term('retention', 'Sure answers kept')],
      candidate: formatPercent(value),
      limit: atLeast(formatPercentLimit(least)),
    }),
    steps: (_, report) => [
      report.quantization !== null
        ? quantizeLess(report.quantization)
        : phrase`Retrain with a lower learning rate or fewer steps, or mix in data of the earlier training.`,
      ifAcceptable(report),
    ],
    rule: (report, { retention: { certain, least, bound, level } }) => {
      const kept = report.probes?.comparison.retention ?? null;
      return {
        group: 'Probes',
        check: phrase`${term('retention', 'Retention')} of answers with a probability of at least ${formatPercentLimit(certain)}`,
        limit: `at least ${formatPercentLimit(least)} kept, or possibly ${formatPercentLimit(bound)}`,
        level,
        value: kept && phrase`${formatInterval(kept, formatPercent)}`,
      };
    },
  },
};
