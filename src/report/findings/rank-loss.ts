import { checkCommand, spectraCommand } from '../text/commands.ts';
import { formatCount, formatInteger } from '../text/numbers.ts';
import { code, name, phrase, term } from '../text/phrase.ts';
import { missingWeights } from '../text/rule-row.ts';
import { NOTHING_TO_DO, remeasure } from '../text/steps.ts';
import type { TopicWords } from './finding-words.ts';

export const RANK_LOSS_WORDS: TopicWords<'rank-loss' | 'rank-not-checked' | 'zero-rows'> = {
  'rank-loss': {
    title: 'Rank loss',
    about: 'itself',
    sentence: ({ tensor, candidate, baseline }) => {
      if (baseline === null || candidate === 0) return phrase`All weights of ${name(tensor)} are zero.`;
      const had = phrase`the baseline had ${formatCount(baseline, 'direction')} above 1% of the largest singular value`;
      return phrase`${name(tensor)} lost ${term('rank', 'rank')}: ${had}, and ${formatCount(candidate, 'direction is', 'directions are')} left.`;
    },
    row: ({ tensor, candidate, baseline }) => ({
      where: phrase`, ${name(tensor)}`,
      baseline: baseline === null ? null : formatInteger(baseline),
      candidate: formatInteger(candidate),
    }),
    steps: ({ tensor }, report) => [
      phrase`Look at this matrix: ${spectraCommand(report, tensor)}`,
      phrase`If it is wrong, save, merge or convert the checkpoint again.`,
    ],
    rule: (report, policy) => ({
      group: 'Spectra',
      check: phrase`Rank loss`,
      also: ['rank-not-checked', 'zero-rows'],
      limit: 'no direction above 1% of σ₁ is lost',
      level: policy['rank-loss'].level,
      missing: missingWeights(report) ?? (report.baseline === null ? 'there is no baseline' : null),
    }),
  },
  'rank-not-checked': {
    title: 'Rank not checked',
    about: 'itself',
    isGap: true,
    sentence: ({ cause, example, matrices }) => {
      const what = phrase`Rank loss was not checked for ${formatCount(matrices, 'matrix', 'matrices')}`;
      if (cause === 'format') {
        return phrase`Rank loss was checked in part for ${formatCount(matrices, 'matrix', 'matrices')} (e.g. ${name(example)}): the rounding of a quantized format is above 1% of the largest singular value, and hides weaker directions.`;
      }
      return cause === 'fast'
        ? phrase`${what} measured with ${code('--method fast')} (e.g. ${name(example)}); use ${code('--method exact')}.`
        : phrase`${what} (e.g. ${name(example)}): a measurement by an older version does not have what it needs. Measure the baseline again.`;
    },
    steps: ({ cause }, report) => [
      cause === 'format'
        ? NOTHING_TO_DO
        : cause === 'fast'
          ? phrase`Measure exactly: ${checkCommand(report, '--method exact')}`
          : remeasure(report),
    ],
  },
  'zero-rows': {
    title: 'Rows of zeros',
    about: 'itself',
    sentence: ({ tensor, candidate, baseline, rows }) =>
      phrase`${formatInteger(candidate)} of the ${formatInteger(rows)} rows of ${name(tensor)} ${candidate === 1 ? 'is' : 'are'} zero (baseline ${formatInteger(baseline)}). The spectra do not judge that: weight decay does it to what no input uses.`,
    steps: () => [phrase`Nothing, unless your inputs use these tokens.`],
  },
};
