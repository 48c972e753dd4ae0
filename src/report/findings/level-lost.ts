import { subjectIn } from '../text/deciding-row.ts';
import { formatCount, formatDifference, formatInteger, formatProbability } from '../text/numbers.ts';
import { name, phrase, term } from '../text/phrase.ts';
import { lostSkill } from '../text/steps.ts';
import type { TopicWords } from './finding-words.ts';

export const LEVEL_LOST_WORDS: TopicWords<'level-lost'> = {
  'level-lost': {
    title: 'Level lost',
    about: 'itself',
    isLoss: true,
    sentence: (finding) => {
      const { family, count, candidate, baseline, lost, won, p } = finding;
      const now =
        candidate === 0 ? 'answers no level that was asked better than by guessing' : `reaches level ${candidate}`;
      return phrase`The candidate fell a level in ${name(family)}: the baseline reached level ${formatInteger(baseline)} of ${formatInteger(count)}, the candidate ${now}. There, ${formatCount(lost, 'answer')} ${lost === 1 ? 'is' : 'are'} newly wrong, ${formatInteger(won)} newly right (${formatProbability(p)}).`;
    },
    headline: ({ family, count, candidate, baseline }) => {
      const now = candidate === 0 ? phrase`No level` : phrase`Level ${formatInteger(candidate)}`;
      return phrase`${now} of ${formatInteger(count)} is reached in ${name(family)}, where the baseline reached level ${formatInteger(baseline)}.`;
    },
    row: ({ family, count, candidate, baseline }) => ({
      key: `level of ${family}`,
      check: subjectIn(term('level', 'Level'), family),
      baseline: formatInteger(baseline),
      candidate: `${formatInteger(candidate)} of ${formatInteger(count)}`,
      change: formatDifference(candidate - baseline),
      limit: '0',
    }),
    steps: (_, report) => lostSkill(report),
    rule: (_, { 'twin-accuracy': { level } }) => ({
      group: 'Probes',
      check: phrase`${term('level', 'Level')} that each family reaches`,
      limit: 'as high as the baseline',
      level,
    }),
  },
};
