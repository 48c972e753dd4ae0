import {
  type CalibratedMetric,
  type CalibratedSize,
  type Calibration,
  type CalibrationKind,
  type CalibrationRun,
  type LimitRule,
  placeName,
} from '../../compare/calibration/index.ts';
import type { FindingOf, Level } from '../../compare/finding.ts';
import type { Report } from '../../compare/report.ts';
import { leastOf, mostOf } from '../../statistics/index.ts';
import { metricPart } from './metric-names.ts';
import { formatCount, formatNumber, formatPair, formatPercentLimit, NO_NUMBER } from './numbers.ts';
import type { PhrasePart } from './phrase.ts';

/** The calibration's judgment of one number; `shown`: not judged. */
type CalibratedState = NonNullable<CalibratedMetric['judged']>['outcome'] | 'shown';

/** Replaces a limit that no candidate could be beyond. */
export const IDLE_LIMIT = 'no room to move';

const NO_LIMIT: Readonly<Partial<Record<CalibratedState, string>>> = {
  idle: IDLE_LIMIT,
  'not-calibrated': 'not at this size',
};

/** A row of a table: one number of the update, compared with the known-good checkpoints. */
export interface CalibrationRow {
  readonly metric: PhrasePart;
  /** `q_proj`, or `model`; not foreign. */
  readonly place: string;
  readonly candidate: string;
  readonly seen: string;
  readonly limit: string;
  /** Basis of the limit, in a few words. */
  readonly source: string;
  readonly state: CalibratedState;
  /** Level of its finding if it is beyond the limit; null if not judged. */
  readonly mark: Level | 'pass' | null;
}

/** Every number with a limit, those beyond it first. */
export function judgedRows(report: Report): CalibrationRow[] {
  const rows = (report.calibration?.metrics ?? []).flatMap((metric) =>
    metric.judged === null ? [] : [calibratedMetricRow(metric, report)],
  );
  return [...rows.filter(({ state }) => state === 'beyond'), ...rows.filter(({ state }) => state !== 'beyond')];
}

export function calibratedMetricRow(metric: CalibratedMetric, report: Report): CalibrationRow {
  const { candidate, values, judged } = metric;
  const state = judged?.outcome ?? 'shown';
  const [value] = judged === null ? [formatNumber(candidate)] : formatPair(candidate, judged.limit);
  return {
    metric: metricPart(metric.metric),
    place: placeName(metric),
    candidate: value,
    seen: rangeWords(values),
    limit: judged === null ? NO_NUMBER : (NO_LIMIT[state] ?? calibratedLimitWords(judged, candidate)),
    source: judged === null ? '' : SOURCE_WORDS[judged.by],
    state,
    mark: state === 'within' ? 'pass' : state === 'beyond' ? levelOfBeyond(metric, report) : null,
  };
}

type Limit = Pick<NonNullable<CalibratedMetric['judged']>, 'direction' | 'limit'>;

/** `≤ 0.810`, with enough digits to read differently from `beside` if the two differ. */
export const calibratedLimitWords = ({ direction, limit }: Limit, beside: number): string =>
  `${direction === 'up' ? '≤' : '≥'}\u00a0${formatPair(beside, limit)[1]}`;

/** Short forms of `limitSource`. */
export const SOURCE_WORDS: Readonly<Record<LimitRule, string>> = {
  'order-statistic': 'joint test',
  range: 'widened range',
  deviations: 'mean ± 3 sd',
  student: "Student's t",
  'least-margin': 'least margin',
  regression: 'line by size',
};

/** The basis of a limit: `range of 4 known-good runs, widened by half`. */
export function limitSource(
  by: LimitRule,
  { runs, calibration, test }: Pick<FindingOf<'calibrated-metric'>, 'runs' | 'calibration' | 'test'>,
): string {
  const what = formatCount(runs, calibration === 'runs' ? 'known-good run' : 'known-good checkpoint');
  const sources: Readonly<Record<LimitRule, string>> = {
    'order-statistic': `${what}, false alarms in ${formatPercentLimit(test?.alpha ?? 0)} of good ones`,
    range: `range of ${what}, widened by half`,
    deviations: `mean of ${what} ± 3 standard deviations`,
    student: `range of ${what}, widened by half, and further by Student's t for all numbers`,
    'least-margin': `range of ${what}, and the least margin`,
    regression: `line through ${what} by size of the update`,
  };
  return sources[by];
}

/** A policy may make it a note. */
const levelOfBeyond = ({ metric }: CalibratedMetric, { findings }: Report): Level =>
  findings.find((finding) => finding.kind === 'calibrated-metric' && finding.metric === metric)?.level ?? 'warn';

/** `0.618 to 0.732`; one number if all are equal. */
export function rangeWords(values: readonly number[]): string {
  const [low, high] = formatPair(leastOf(values), mostOf(values));
  return low === high ? low : `${low} to ${high}`;
}

export function sizeRow(size: CalibratedSize, { calibration, findings }: Report): CalibrationRow {
  const { component, module, values, low, high, candidate, isOutside } = size;
  const place = placeName(size);
  // An adapter that was measured without its base model has a norm and no relative size.
  const isRelative = (calibration?.metrics ?? []).some(
    (other) => other.metric === 'updateSize' && other.component === component && other.module === module,
  );
  // No finding names a size that leaves nothing unjudged.
  const found = findings.find((finding) => finding.kind === 'not-calibrated-here' && finding.places.includes(place));
  return {
    metric: metricPart(isRelative ? 'updateSize' : 'frobeniusNorm', { capitalized: true }),
    place,
    seen: rangeWords(values),
    limit: rangeWords([low, high]),
    source: '',
    candidate: formatNumber(candidate),
    state: isOutside ? 'beyond' : 'within',
    mark: isOutside ? (found?.level ?? 'info') : 'pass',
  };
}

/** How the shape of the update was judged or, without a calibration, how to get limits; empty without an update. */
export function calibrationSentence({ calibration, groups }: Report): string {
  if (calibration?.refused) return '';
  const runs = calibration?.runs.length ?? 0;
  if (calibration === null || calibration.metrics.length === 0) {
    const isMeasured = groups.candidate.some(({ of }) => of === 'delta');
    const known =
      runs === 0
        ? ''
        : ` (${formatCount(runs, 'known-good run')} besides this one ${runs === 1 ? 'is' : 'are'} too few)`;
    return isMeasured
      ? `No limit for the shape of an update is calibrated here${known}: shadow-gate calibrate sets limits from known-good runs.`
      : '';
  }
  const what =
    calibration.kind === 'runs' ? formatCount(runs, 'known-good run') : `${formatCount(runs, 'checkpoint')} of one run`;
  const how =
    calibration.test === null
      ? `The update was judged by the range of ${what}, widened by half, or by 3 standard deviations${calibration.kind === 'runs' ? " or Student's t" : ''} where they reach further${calibration.metrics.some(({ judged }) => judged?.line) ? ', around a line by the size of the update where it explains them' : ''}.`
      : `The update was judged against ${what}, all numbers in one test with false alarms in at most ${formatPercentLimit(calibration.test.alpha)} of good ones.`;
  const { unmatched } = calibration;
  if (unmatched.length === 0) return how;
  return `${how} Not judged, since not all of them trained it: ${unmatched.join(', ')}.`;
}

/** `4 known-good runs`, `6 checkpoints of one run`. */
export const knownGoodCount = (count: number, kind: CalibrationKind): string =>
  kind === 'series'
    ? formatCount(count, 'checkpoint of one run', 'checkpoints of one run')
    : formatCount(count, 'known-good run');

/** A calibration and its predecessor; null for the first one. */
export interface Replaced {
  readonly before: Calibration | null;
  readonly after: Calibration;
}

/** `from 4 to 5 known-good runs`. */
export function howItChanges({ before, after }: Replaced): string {
  const count = knownGoodCount(after.runs.length, after.kind);
  if (before === null) return `${count}, the first calibration`;
  const gone = runsWithout(before.runs, after.runs).length;
  const left = gone === 0 ? '' : `, without ${gone} of before`;
  return before.runs.length === after.runs.length && gone === 0
    ? `${count}, as before`
    : `from ${before.runs.length} to ${count}${left}`;
}

/** Those that the others lack. */
export const runsWithout = (runs: readonly CalibrationRun[], others: readonly CalibrationRun[]) =>
  runs.filter(({ digest }) => !others.some((other) => other.digest === digest));
