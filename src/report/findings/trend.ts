import { CHARTS, type Chart } from '../../compare/index.ts';
import {
  formatCount,
  formatInteger,
  formatLimit,
  formatPointsChange,
  formatRatio,
  formatRelative,
} from '../text/numbers.ts';
import { phrase, term } from '../text/phrase.ts';
import type { TopicWords } from './finding-words.ts';

export const TREND_WORDS: TopicWords<'trend'> = {
  trend: {
    title: 'Drift',
    about: 'itself',
    sentence: ({ chart, run, sum, limit, meanChange }) => {
      const unit = chart === 'concentration' ? 'checkpoint' : 'check';
      const when = run === 1 ? `at the last ${unit}` : `over the last ${formatCount(run, unit)}`;
      const format = chart === 'concentration' ? formatRelative : formatPointsChange;
      const change = meanChange === null ? '' : `, mean change ${format(meanChange)}`;
      return phrase`${DRIFTS[chart]} ${when}: cumulative sum ${formatRatio(sum)} (limit ${formatLimit(limit)})${change}.`;
    },
    row: ({ sum, limit }) => ({ candidate: formatRatio(sum), limit: formatLimit(limit) }),
    steps: ({ run }) => [
      phrase`Compare this checkpoint with the one ${formatInteger(run)} ${run === 1 ? 'check' : 'checks'} ago: the drift began there.`,
    ],
    rule: ({ trend }, { trend: policy }) =>
      CHARTS.map((chart) => {
        const sum = trend?.checks.at(-1)?.sums[chart] ?? null;
        return {
          group: 'Drift over scheduled checks',
          check: phrase`${TITLES[chart]}`,
          isOwn: (found) => found.chart === chart,
          limit: `a cumulative sum of ${formatLimit(policy['decision-interval'])}`,
          level: policy[KEYS[chart]],
          missing: sum !== null ? null : trend === null ? 'this check has no history' : 'there is no evidence yet',
          value: sum === null ? null : phrase`${formatRatio(sum)}`,
        };
      }),
  },
};

const DRIFTS = {
  twinAccuracy: phrase`${term('twinAccuracy', 'Accuracy in other forms')} has drifted down`,
  shadowGap: phrase`The ${term('shadowGap', 'shadow gap')} has drifted up`,
  concentration: phrase`The ${term('mlpAttentionRatio', 'MLP ÷ attention ratio')} of ΔW has drifted up`,
} as const;

const KEYS = { twinAccuracy: 'twin-accuracy', shadowGap: 'shadow-gap', concentration: 'concentration' } as const;

const TITLES: Readonly<Record<Chart, string>> = {
  twinAccuracy: 'Drift of the accuracy in other forms',
  shadowGap: 'Drift of the shadow gap',
  concentration: 'Drift of the concentration',
};
