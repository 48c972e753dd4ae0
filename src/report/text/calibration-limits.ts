import {
  type Calibration,
  type CalibrationKind,
  type CalibrationRun,
  calibrationLimits,
  isIdle,
  type KnownLimit,
  LEAST_RUNS,
  type LimitRule,
  type OddRun,
  oddRuns,
  placeName,
} from '../../compare/calibration/index.ts';
import { fewestRuns } from '../../statistics/index.ts';
import { printable } from '../escape.ts';
import { IDLE_LIMIT, limitSource, rangeWords, SOURCE_WORDS } from './calibration.ts';
import { metricPart } from './metric-names.ts';
import { formatCount, formatNumber, formatPair, formatPercentLimit } from './numbers.ts';
import { type PhrasePart, plain } from './phrase.ts';

/** The limits that a calibration sets, for a table. */
interface LimitTable {
  /** Empty where there are too few known-good checkpoints for limits. */
  readonly rows: readonly LimitRow[];
  /** What the limits rest on, or why there are none. */
  readonly note: string;
  /** What each short source means. */
  readonly explained: readonly string[];
}

interface LimitRow {
  /** A module type, or the whole model. */
  readonly part: string;
  readonly metric: PhrasePart;
  readonly seen: string;
  readonly limit: string;
  readonly source: string;
  /** The same where there is little room: explained by `explained`. */
  readonly shortSource: string;
  /** Leave-one-out error, and in parentheses without the line; null for other limits. */
  readonly error: string | null;
}

/** `4 known-good runs`, `6 checkpoints of one run`. */
export function knownGoodCount(count: number, kind: CalibrationKind): string {
  return kind === 'series'
    ? formatCount(count, 'checkpoint of one run', 'checkpoints of one run')
    : formatCount(count, 'known-good run');
}

/** A calibration, and the one that it takes the place of; null for the first one. */
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
export function runsWithout(
  runs: readonly CalibrationRun[],
  others: readonly CalibrationRun[],
): readonly CalibrationRun[] {
  return runs.filter(({ digest }) => !others.some((other) => other.digest === digest));
}

/** @param alpha rate of false alarms, where there are enough exchangeable runs for one */
export function limitTable(calibration: Calibration, alpha: number): LimitTable {
  const least = LEAST_RUNS[calibration.kind];
  if (calibration.runs.length < least) {
    return { rows: [], note: `It sets no limits yet: ${least} are needed, and more are better.`, explained: [] };
  }
  const { rate, limits } = calibrationLimits(calibration, alpha);
  const rules = new Set(limits.flatMap(({ limit }) => limit?.by ?? []));
  return {
    rows: limits.map((limit) => rowOf(limit, calibration, rate)),
    note: explain(calibration, { rate, alpha }),
    explained: [
      ...[...rules].map((by) => `${SOURCE_WORDS[by]}: ${sourceOf(by, calibration)}`),
      ...oddRuns(calibration, alpha).map(oddSentence),
    ],
  };
}

function oddSentence({ name, metric, value, limit, ...place }: OddRun): string {
  const [own, bound] = formatPair(value, limit);
  return `${printable(name, 100)} stands out among the others: ${plain([metricPart(metric)])} of ${placeName(place)} is ${own}, where they would allow ${bound}. Leave it out unless it is good.`;
}

function sourceOf(by: LimitRule, { kind, runs }: Calibration): string {
  return limitSource(by, { runs: runs.length, calibration: kind, test: null });
}

function rowOf(
  { values, metric, direction, limit, ...place }: KnownLimit,
  calibration: Calibration,
  rate: number | null,
): LimitRow {
  const line = limit?.line;
  const [error, without] = line ? [formatNumber(line.error), formatNumber(line.errorOfMean)] : [null, null];
  const long = limit === null ? '' : sourceOf(limit.by, calibration);
  return {
    part: placeName(place),
    metric: metricPart(metric),
    seen: rangeWords(values),
    limit: limit === null ? '' : limitOf(limit.limit, { metric, direction }),
    source:
      rate !== null
        ? SOURCE_WORDS['order-statistic']
        : `${long}${error === null ? '' : `; leave-one-out error ${error}, ${without} without`}`,
    shortSource: SOURCE_WORDS[limit?.by ?? 'order-statistic'],
    error: error === null ? null : `${error} (${without})`,
  };
}

function limitOf(limit: number, { metric, direction }: Pick<KnownLimit, 'metric' | 'direction'>): string {
  return isIdle({ metric, direction }, limit) ? IDLE_LIMIT : `${direction === 'up' ? '≤' : '≥'} ${formatNumber(limit)}`;
}

function explain(
  { runs, kind }: Calibration,
  { rate, alpha }: { readonly rate: number | null; readonly alpha: number },
): string {
  const share = formatPercentLimit(alpha);
  if (rate !== null) {
    return `All of them are tested together: of good runs like these, no more than ${share} are reported. Limits depend on the candidate a little, and stand in its report.`;
  }
  const thumb = `No rate of false alarms is claimed for ${knownGoodCount(runs.length, kind)}: these limits are a rule of thumb.`;
  if (kind === 'series')
    return `${thumb} Add each checkpoint that is accepted: they say little of one that is several steps ahead.`;
  if (runs.some(({ isSelected }) => isSelected)) {
    return `${thumb} Runs that the calibration itself accepted say nothing of how often good ones are reported.`;
  }
  return `${thumb} From ${fewestRuns(alpha)} exchangeable runs on, no more than ${share} of good ones are reported.`;
}
