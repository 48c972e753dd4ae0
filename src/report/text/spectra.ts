import type { MaybeBounded } from '@shadow-gate/spectra/bounded';
import type { ReportedRule } from '../../compare/index.ts';
import { metricName, ofName } from './metric-names.ts';
import {
  formatBounds,
  formatCount,
  formatDifference,
  formatInteger,
  formatLimit,
  formatNumber,
  formatPercentLimit,
} from './numbers.ts';

/** Why the candidate's matrices have no baseline to compare with. */
export type BaselineGap = 'no-baseline' | 'older-report' | 'not-comparable';

export const BASELINE_GAPS: Readonly<Record<BaselineGap, string>> = {
  'no-baseline': 'There is no baseline, so that nothing here can be compared.',
  'older-report':
    "The baseline's matrices are not in this report, which an older version wrote: make it anew to see them.",
  'not-comparable': "The baseline's matrices may not be compared with these; the findings say why.",
};

type Of = 'weight' | 'delta';

/** `top-5% energy of ΔW`. */
export function concentrationName(key: string, of: Of): string {
  return `${metricName(`topEnergy.${key}`)} of ${ofName(of)}`;
}

interface HeatValue {
  readonly group: string;
  readonly layer: number;
  readonly matrices: number;
  readonly candidate: MaybeBounded | null;
  readonly baseline: MaybeBounded | null;
  readonly change: number | null;
}

/** The title of one cell of a heat map. @param group escaped */
export function heatTitle({ layer, matrices, candidate, baseline, change }: HeatValue, group: string): string {
  const values = [
    candidate === null ? 'no update above the rounding noise' : formatBounds(candidate),
    ...(baseline === null ? [] : [`baseline ${formatBounds(baseline)}`]),
    ...(change === null ? [] : [`change ${formatDifference(change)}`]),
  ];
  const median = matrices > 1 ? ` (median of ${formatInteger(matrices)})` : '';
  return `${group}, layer ${layer}${median}: ${values.join(', ')}`;
}

export const OUTSIDE_WORDS =
  'Matrices outside of the layers, such as embeddings and lm_head, are in the tables below and not in the maps.';

/** What a rule on the ratio lets it do. */
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

/** Values of the ratio on a line. */
export function ratioLabel(candidate: number, baseline: number | null, limits: readonly number[]): string {
  const parts = [
    `candidate ${formatNumber(candidate)}`,
    ...(baseline === null ? [] : [`baseline ${formatNumber(baseline)}`]),
    ...limits.map((limit) => `limit ${formatNumber(limit)}`),
  ];
  return `MLP ÷ attention ratio of ΔW: ${parts.join(', ')}`;
}

export const PROFILE_AXES = { x: 'rank i (logarithmic) →', y: '↑ σᵢ ÷ Frobenius norm (logarithmic)' };

export const PROFILE_CAPTION =
  'Each curve is divided by the Frobenius norm of its own matrix, so that its height shows shape and not size: the square is the share of the energy. A curve above the random one on the left and below it on the right is concentrated in a few directions.';

/** What the gray curve is. */
export function nullWords({
  hasDense,
  hasLowRank,
}: {
  readonly hasDense: boolean;
  readonly hasLowRank: boolean;
}): string {
  const dense = 'a matrix of independent random entries with the same shape and norm (Marchenko–Pastur)';
  const product = 'the product of two random matrices with the shapes of the factors of the adapter';
  const what = hasDense && hasLowRank ? `${dense} or, for an adapter, ${product}` : hasLowRank ? product : dense;
  return `Random: ${what}.`;
}

export const POINTS_WORDS =
  'A measurement keeps σ at two dozen evenly spaced ranks and the energy of the first 1, 8, 1% and 5%; between the first ranks a curve goes through the root mean square of those.';
export const ESTIMATED_WORDS = 'For a matrix measured with the fast method, they are estimates.';

/** The rule by which a long table was cut. */
export function cutSentence(shown: number, all: number, isCompared: boolean): string {
  const which = isCompared ? 'largest change' : 'highest concentration';
  return `The ${formatCount(shown, 'matrix', 'matrices')} with the ${which} of ${formatInteger(all)}; report.json has all of them.`;
}
