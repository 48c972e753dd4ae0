import { subjectIn } from '../text/deciding-row.ts';
import {
  formatCount,
  formatPercent,
  formatPercentLimit,
  formatPointsChange,
  formatPointsLimit,
} from '../text/numbers.ts';
import { name, type Phrase, phrase } from '../text/phrase.ts';
import type { TopicWords } from './finding-words.ts';

const ofFamily = (family: string | null): Phrase => (family === null ? phrase`` : phrase` of ${name(family)}`);

export const FRESH_WORDS: TopicWords<'fresh-questions'> = {
  'fresh-questions': {
    title: 'Fresh questions',
    about: 'itself',
    isLoss: true,
    sentence: ({ family, facts, asked, fresh, lower, margin }) =>
      phrase`The candidate is right in ${formatPercent(asked)} of the public exam questions${ofFamily(family)}, and in ${formatPercent(fresh)} of ${formatCount(facts, 'question')} of the same kinds that were drawn for this run: at least ${formatPercentLimit(lower)} less (limit ${formatPointsLimit(margin)}). It learned the questions, or forgot everything else.`,
    headline: ({ family, asked, fresh }) =>
      phrase`The public questions${ofFamily(family)} are answered, and new ones of the same kinds are not: ${formatPercent(asked)} against ${formatPercent(fresh)}.`,
    row: ({ family, asked, fresh, margin }) => ({
      key: 'fresh questions',
      check: subjectIn('Public and fresh questions', family),
      baseline: null,
      candidate: `${formatPercent(asked)}, ${formatPercent(fresh)}`,
      change: formatPointsChange(fresh - asked),
      limit: `−${formatPointsLimit(margin)}`,
    }),
    steps: () => [
      phrase`Look for questions of the built-in suite in the training data, and ask questions of your own.`,
    ],
    rule: ({ probes }, { 'twin-accuracy': { level, margin } }) => {
      const row = probes?.fresh;
      return {
        group: 'Probes',
        check: phrase`Fresh questions are answered like the public ones`,
        limit: `at most ${formatPointsLimit(margin)} worse`,
        level,
        missing: row === undefined ? 'no fresh questions were asked' : null,
        value: row === undefined ? null : phrase`${formatPointsChange(row.fresh - row.asked)}`,
      };
    },
  },
};
