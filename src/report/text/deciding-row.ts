import type { FindingOf, Scope } from '../../compare/finding.ts';
import type { Estimate } from '../../compare/probes/index.ts';
import type { Verdict } from '../../compare/report.ts';
import { calibratedLimitWords, rangeWords } from './calibration.ts';
import { isRelative, metricPart } from './metric-names.ts';
import {
  formatDifference,
  formatInterval,
  formatLimit,
  formatPair,
  formatPart,
  formatPercent,
  formatPercentLimit,
  formatPointsChange,
  formatPointsLimit,
  formatRelative,
  NO_NUMBER,
} from './numbers.ts';
import { name, type Phrase, phrase, term } from './phrase.ts';
import { twinLabel } from './twin-words.ts';

/** A row of the table that decides. Every cell has its own unit. */
export interface DecidingRow {
  /** Tells the rows of a table apart; never shown. */
  readonly key: string;
  readonly check: Phrase;
  /** Identifies an accuracy over all facts or those of a capability. */
  readonly facts?: { readonly form: 'benchmark' | 'twin'; readonly capability: string | null };
  /** Null without a baseline, or if the check has only one number. */
  readonly baseline: string | null;
  readonly candidate: string;
  readonly change: string;
  readonly limit: string;
  /** `inconclusive`: not judged. */
  readonly mark: Verdict;
}

type RowNumbers = Pick<DecidingRow, 'baseline' | 'candidate' | 'change' | 'limit'>;

/** `−2 points`. */
export const dropLimit = (share: number): string => `−${formatPointsLimit(share)}`;
/** `≥ 95%`. */
export const atLeast = (limit: string): string => `≥\u00a0${limit}`;

/** Two accuracies in %, their change and its limit in points. */
export function accuracyNumbers(
  { baseline, candidate }: { readonly baseline: number | null; readonly candidate: number },
  limit: string,
): RowNumbers {
  return {
    baseline: baseline === null ? null : formatPercent(baseline),
    candidate: formatPercent(candidate),
    change: baseline === null ? NO_NUMBER : formatPointsChange(candidate - baseline),
    limit,
  };
}

/** The allowed movement of a metric: `+8%`. */
export function movementLimit({ absolute, relative, direction }: FindingOf<'metric-moved'>['limit']): string {
  const sign = direction === 'up' ? '+' : direction === 'down' ? '−' : '±';
  return [
    ...(relative === null ? [] : [`${sign}${formatPercentLimit(relative)}`]),
    ...(absolute === null ? [] : [`${sign}${formatLimit(absolute)}`]),
  ].join(' or ');
}

type Moved = Pick<FindingOf<'metric-moved'>, 'metric' | 'scope' | 'baseline' | 'candidate' | 'limit'>;

export function metricNumbers({ metric, scope, baseline, candidate, limit }: Moved) {
  const [before, after] = formatPair(baseline, candidate);
  const change = candidate - baseline;
  return {
    key: `metric ${metric} ${placeOf(scope)}`,
    check: metricIn(metric, scope),
    baseline: before,
    candidate: after,
    change:
      isRelative(metric) && baseline !== 0 ? formatRelative(change / Math.abs(baseline)) : formatDifference(change),
    limit: movementLimit(limit),
  };
}

type Calibrated = Pick<
  FindingOf<'calibrated-metric'>,
  'metric' | 'scope' | 'candidate' | 'limit' | 'direction' | 'least' | 'most'
>;

export function calibratedNumbers({ metric, scope, candidate, limit, direction, least, most }: Calibrated) {
  return {
    key: `calibrated ${metric} ${placeOf(scope)}`,
    check: metricIn(metric, scope),
    baseline: null,
    candidate: formatPair(candidate, limit)[0],
    change: `seen: ${rangeWords([least, most])}`,
    limit: calibratedLimitWords({ direction, limit }, candidate),
  };
}

/** The column for changes has the transfer with its interval: `16% (9% to 24%)`. */
export function transferNumbers(transfer: Estimate, limit: number | undefined): RowNumbers {
  return {
    baseline: null,
    candidate: NO_NUMBER,
    change: formatInterval(transfer, formatPart),
    limit: limit === undefined ? NO_NUMBER : atLeast(formatPercentLimit(limit)),
  };
}

export const carriedOver = (twins: Parameters<typeof twinLabel>[0]): Phrase =>
  phrase`${term('transfer', 'Carried over')}, ${twinLabel(twins)}`;

/** `Other forms, recall`. @param where foreign; null for everywhere */
export const subjectIn = (subject: Phrase[number], where: string | null): Phrase =>
  where === null ? [subject] : phrase`${subject}, ${name(where)}`;

/** `Update size, q_proj`. */
export const metricIn = (metric: string, scope: Scope): Phrase =>
  subjectIn(metricPart(metric, { capitalized: true }), scope.kind === 'model' ? null : scope.name);

const placeOf = (scope: Scope): string => (scope.kind === 'model' ? 'model' : scope.name);
