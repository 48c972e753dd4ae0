import type { ReportedRule } from '../../compare/index.ts';
import { formatCount, formatInteger, formatLimit, formatNumber, formatPercentLimit } from './numbers.ts';

/** Reason why the candidate's matrices have no baseline. */
export type BaselineGap = 'no-baseline' | 'older-report' | 'not-comparable';

export const BASELINE_GAPS: Readonly<Record<BaselineGap, string>> = {
  'no-baseline': 'There is no baseline, so that nothing here can be compared.',
  'older-report':
    "The baseline's matrices are not in this report, which an older version wrote: make it anew to see them.",
  'not-comparable': "The baseline's matrices may not be compared with these; the findings say why.",
};

export function ratioLimitWords({ direction, absolute, relative, level }: ReportedRule): string {
  const amounts = [
    ...(relative > 0 || absolute === 0 ? [`${formatPercentLimit(relative)} of the baseline's`] : []),
    ...(absolute > 0 ? [formatLimit(absolute)] : []),
  ];
  const verb = { up: 'rise', down: 'fall', any: 'move' }[direction];
  const consequence = { info: 'a note', warn: 'a warning', fail: 'a failure' }[level];
  return `Limit of the policy: the ratio may ${verb} by ${amounts.length > 1 ? `the larger of ${amounts.join(' and ')}` : amounts.join('')}; more is ${consequence}.`;
}

export const RATIO_WITHOUT_BASELINE = 'Its limit is a change from a baseline.';
export const RATIO_MISSING =
  'This update has no MLP ÷ attention ratio. That is so where no attention or no MLP matrix has an update above the rounding noise, and for an update of low rank, such as an adapter, which fits into 5% of the directions.';

/** Text alternative of the line. */
export function ratioLabel(candidate: number, baseline: number | null, limits: readonly number[]): string {
  const parts = [
    `candidate ${formatNumber(candidate)}`,
    ...(baseline === null ? [] : [`baseline ${formatNumber(baseline)}`]),
    ...limits.map((limit) => `limit ${formatNumber(limit)}`),
  ];
  return `MLP ÷ attention ratio of ΔW: ${parts.join(', ')}`;
}

export function cutSentence(shown: number, all: number, isCompared: boolean): string {
  const which = isCompared ? 'largest change' : 'highest concentration';
  return `The ${formatCount(shown, 'matrix', 'matrices')} with the ${which} of ${formatInteger(all)}; report.json has all of them.`;
}
