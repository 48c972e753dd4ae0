import { at } from '@shadow-gate/platform';
import type { Measurement } from '../../measure/schema/index.ts';
import {
  arithmeticMean,
  conformalSpread,
  fewestRuns,
  jointConformal,
  type LeaveOneOutLine,
} from '../../statistics/index.ts';
import type { CalibratedMetric, CalibratedSize, CalibrationReport } from '../rows/calibration.ts';
import { metricRange } from '../spectra/metric-range.ts';
import { type CalibrationPlace, isSamePlace, placeName } from '../spectra/place.ts';
import { calibrationRun } from './build.ts';
import {
  type Coordinate,
  type CoordinateDirection,
  type Coordinates,
  calibrationCoordinates,
  type SizeCoordinate,
  type SizeRange,
} from './coordinates.ts';
import { describeUpdate, findCalibrationDifference, unlikeUpdates } from './describe-update.ts';
import { fewSizesRange, type Limit, lineLimit, runsLimit, seriesLimit, sizeRange } from './limits.ts';
import { metricScale } from './scale.ts';
import type { Calibration, CalibrationRun } from './schema.ts';

/** By Student's t, a limit from three runs is 30 standard deviations away. Neighbors in a series are closer. */
export const LEAST_RUNS: Readonly<Record<Calibration['kind'], number>> = { runs: 4, series: 3 };

export interface NamedCalibration {
  readonly calibration: Calibration;
  readonly path: string;
}

/** With or without a baseline. @param alpha rate of false alarms among exchangeable runs */
export function assessCalibration(
  candidate: Measurement,
  { calibration, path }: NamedCalibration,
  alpha: number,
): CalibrationReport {
  const { kind } = calibration;
  const runs = calibration.runs.filter(({ digest }) => digest !== candidate.checkpoint.digest);
  const report = {
    path,
    kind,
    runs: runs.map(({ name, digest }) => ({ name, digest })),
    refused: null,
    test: null,
    unmatched: [],
    sizes: [],
    metrics: [],
  };
  const update = describeUpdate(candidate);
  if (update === null || candidate.groups.every(({ of }) => of !== 'delta')) {
    return { ...report, refused: { cause: 'no-update', what: null, calibrated: null, candidate: null } };
  }
  const own = calibrationRun({ name: candidate.run.checkpoint, measurement: candidate });
  const refused = findCalibrationDifference(calibration, update) ?? unlikeUpdates(runs, own);
  if (refused !== null) return { ...report, refused };
  if (runs.length < LEAST_RUNS[kind]) return report;
  const coordinates = calibrationCoordinates(runs, own);
  const [missing] = coordinates.missing;
  if (missing !== undefined) {
    return { ...report, refused: { cause: 'metric', what: missing.metric, calibrated: 'measured', candidate: null } };
  }
  return {
    ...report,
    unmatched: unmatchedIn([...runs, own]),
    ...(areExchangeable(kind, runs, alpha) ? byRank(coordinates, alpha) : byRange(coordinates, kind, alpha)),
  };
}

function unmatchedIn(runs: readonly CalibrationRun[]): string[] {
  const places = new Set(runs.flatMap(({ groups }) => groups.map(placeName)));
  return [...places].filter((place) => !runs.every(({ groups }) => groups.some((group) => placeName(group) === place)));
}

/** Runs that this calibration accepted lack the tail that good runs have: they give no rate. */
function areExchangeable(kind: Calibration['kind'], runs: readonly CalibrationRun[], alpha: number): boolean {
  return kind === 'runs' && runs.length >= fewestRuns(alpha) && runs.every(({ isSelected }) => !isSelected);
}

type Judged = Pick<CalibrationReport, 'test' | 'sizes' | 'metrics'>;

/** One exact test of all judged numbers, including the sizes. */
function byRank({ metrics, sizes }: Coordinates, alpha: number): Judged {
  const judged = metrics.filter(isJudged);
  const tested: ReadonlyArray<{ values: number[]; candidate: number; side: CoordinateDirection | 'both' }> = [
    ...judged.map(({ metric, values, candidate, direction }) => {
      const { to } = metricScale(metric);
      return { values: values.map(to), candidate: to(candidate), side: direction };
    }),
    ...sizes.map(({ values, candidate }) => ({
      values: values.map(Math.log),
      candidate: Math.log(candidate),
      side: 'both' as const,
    })),
  ];
  const rows = (tested[0]?.values ?? []).map((_, i) => tested.map(({ values }) => at(values, i)));
  const candidate = tested.map((coordinate) => coordinate.candidate);
  const sides = tested.map(({ side }) => side);
  const { p, threshold, deviations } = jointConformal(rows, candidate, sides, alpha);
  const reachOf = (values: readonly number[]) => threshold * conformalSpread(values);
  const ranges = sizes.map((size) => {
    const logarithms = size.values.map(Math.log);
    const [mean, reach] = [arithmeticMean(logarithms), reachOf(logarithms)];
    return placed(size, sizeRange(size.values, { low: mean - reach, high: mean + reach }));
  });
  return {
    test: { alpha, p },
    sizes: ranges,
    metrics: metrics.map((metric) => {
      if (!isJudged(metric)) return { ...shown(metric), judged: null };
      const { to, from } = metricScale(metric.metric);
      const scaled = metric.values.map(to);
      const reach = reachOf(scaled);
      const limit = from(arithmeticMean(scaled) + (metric.direction === 'up' ? reach : -reach));
      const isBeyond = at(deviations, judged.indexOf(metric)) > threshold;
      return decide(metric, { limit, by: 'order-statistic', line: null }, { isBeyond, ranges });
    }),
  };
}

/** Each number by itself, against its expected range after a few: no rate is claimed. */
function byRange({ metrics, sizes }: Coordinates, kind: Calibration['kind'], alpha: number): Judged {
  const ranges = sizes.map((size) => placed(size, fewSizesRange(size.values)));
  return {
    test: null,
    sizes: ranges,
    metrics: metrics.map((metric) => {
      if (!isJudged(metric)) return { ...shown(metric), judged: null };
      const limit = fewLimit(metric, { metrics, sizes, kind, alpha });
      const isBeyond = metric.direction === 'up' ? metric.candidate > limit.limit : metric.candidate < limit.limit;
      return decide(metric, limit, { isBeyond, ranges });
    }),
  };
}

interface JudgedCoordinate extends Coordinate {
  readonly direction: CoordinateDirection;
}

function isJudged(metric: Coordinate): metric is JudgedCoordinate {
  return metric.direction !== null;
}

interface Few extends Pick<Coordinates, 'metrics' | 'sizes'> {
  readonly kind: Calibration['kind'];
  readonly alpha: number;
}

function fewLimit(metric: JudgedCoordinate, { metrics, sizes, kind, alpha }: Few): Limit {
  const { values, direction } = metric;
  if (kind === 'runs') return runsLimit(metric, direction, { alpha, numbers: metrics.filter(isJudged).length });
  const size = isSize(metric) ? undefined : sizes.find((other) => isSamePlace(other, metric));
  const line =
    size && lineLimit({ metric: metric.metric, values, sizes: size.values, size: size.candidate }, direction);
  return line ?? seriesLimit(metric, direction);
}

/** A limit by known-good checkpoints alone; null in the joint test, where the candidate counts too. */
export interface KnownLimit extends Omit<Coordinate, 'candidate'> {
  readonly limit: Limit | null;
}

/** For candidates whose updates are as large as the newest. `rate`: of false alarms, for the joint test. */
export function calibrationLimits(
  { kind, runs }: Calibration,
  alpha: number,
): { readonly rate: number | null; readonly limits: readonly KnownLimit[] } {
  const newest = runs.at(-1);
  if (newest === undefined || runs.length < LEAST_RUNS[kind]) return { rate: null, limits: [] };
  const coordinates = calibrationCoordinates(runs, newest);
  const isJoint = areExchangeable(kind, runs, alpha);
  return {
    rate: isJoint ? alpha : null,
    limits: coordinates.metrics.filter(isJudged).map((metric) => ({
      ...metric,
      limit: isJoint ? null : fewLimit(metric, { ...coordinates, kind, alpha }),
    })),
  };
}

export interface OddRun extends CalibrationPlace {
  /** Foreign. */
  readonly name: string;
  readonly metric: string;
  readonly value: number;
  readonly limit: number;
}

/** Runs of a known-good set that the others would flag, each by its worst number. In a series, every checkpoint may. */
export function oddRuns({ kind, runs }: Calibration, alpha: number): OddRun[] {
  if (kind === 'series') return [];
  return runs.flatMap((run) => {
    const others = runs.filter((other) => other !== run);
    if (others.length < LEAST_RUNS[kind]) return [];
    const { metrics } = byRange(calibrationCoordinates(others, run), kind, alpha);
    const beyond = metrics.flatMap(({ judged, ...metric }) =>
      judged?.outcome === 'beyond' ? [{ judged, ...metric }] : [],
    );
    const [worst] = beyond.sort((a, b) => metricExcess(b) - metricExcess(a));
    if (worst === undefined) return [];
    const { component, module, metric, candidate, judged } = worst;
    return [{ component, module, name: run.name, metric, value: candidate, limit: judged.limit }];
  });
}

/** How far a number is beyond its limit, in widths of the observed range. */
export function metricExcess({
  candidate,
  values,
  judged,
}: Pick<CalibratedMetric, 'candidate' | 'values' | 'judged'>): number {
  const width = Math.max(...values) - Math.min(...values);
  return Math.abs(candidate - (judged?.limit ?? candidate)) / (width || Number.MIN_VALUE);
}

function placed(size: SizeCoordinate, { low, high }: SizeRange): CalibratedSize {
  const isOutside = !(low <= size.candidate && size.candidate <= high);
  return { ...size, values: [...size.values], low, high, isOutside };
}

function decide(
  metric: JudgedCoordinate,
  { limit, by, line }: Limit,
  { isBeyond, ranges }: { readonly isBeyond: boolean; readonly ranges: readonly CalibratedSize[] },
): CalibratedMetric {
  // An adapter's update is judged by its size, which needs no update of the same size to compare with.
  const isSized = isSize(metric) || !ranges.some((range) => range.isOutside && isSamePlace(range, metric));
  const outcome = !isSized
    ? 'not-calibrated'
    : isUnclear(metric, limit)
      ? 'unclear'
      : isBeyond
        ? 'beyond'
        : isIdle(metric, limit)
          ? 'idle'
          : 'within';
  return {
    ...shown(metric),
    judged: { direction: metric.direction, limit, by, line: line && reported(line), outcome },
  };
}

function isUnclear({ bounds: { low, high } }: Coordinate, limit: number): boolean {
  return low !== high && low <= limit && limit < high;
}

/** No share of the energy is above 1.2. */
export function isIdle({ metric, direction }: Pick<Coordinate, 'metric' | 'direction'>, limit: number): boolean {
  const { least, most } = metricRange(metric);
  return direction === 'up' ? limit >= most : limit <= least;
}

function reported({ slope, intercept, error, errorOfMean }: LeaveOneOutLine) {
  return { slope, intercept, error, errorOfMean };
}

function shown({ component, module, metric, values, candidate, bounds }: Coordinate) {
  const known = bounds.low === bounds.high ? {} : { bounds };
  return { component, module, metric, values: [...values], candidate, ...known };
}

const isSize = ({ metric }: Coordinate): boolean => metric === 'frobeniusNorm';
