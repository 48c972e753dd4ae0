import {
  arithmeticMean,
  conformalSpread,
  type LeaveOneOutLine,
  leaveOneOutLine,
  tQuantile,
  widenedRange,
} from '../../statistics/index.ts';
import type { LimitRule } from '../rows/calibration.ts';
import type { Coordinate, CoordinateDirection, SizeRange } from './coordinates.ts';
import { metricScale } from './scale.ts';

export interface Limit {
  readonly limit: number;
  readonly by: LimitRule;
  readonly line: LeaveOneOutLine | null;
}

/** Updates that differ by less than this have nearly the same shape. */
const SAME_SIZE = Math.log(1.1);
/** However far apart a few sizes are, twice the largest and half the smallest are beyond all that was seen. */
const MOST_BEYOND = Math.log(2);

/**
 * The sizes of an update at which its shape is calibrated.
 * @param values of the known-good checkpoints
 * @param expected range of the logarithm of another one
 * @param mostBeyond of `values`, in logarithms
 */
export function sizeRange(values: readonly number[], expected: SizeRange, mostBeyond = Infinity): SizeRange {
  const [least, most] = [Math.log(Math.min(...values)), Math.log(Math.max(...values))];
  const within = (margin: number) => Math.min(Math.max(margin, SAME_SIZE), mostBeyond);
  return { low: Math.exp(least - within(least - expected.low)), high: Math.exp(most + within(expected.high - most)) };
}

export function fewSizesRange(values: readonly number[]): SizeRange {
  return sizeRange(values, widenedRange(values.map(Math.log)), MOST_BEYOND);
}

type FewValues = Pick<Coordinate, 'metric' | 'values'>;

/** Limit of one number of a series' next checkpoint: beyond the others, and by a least margin. */
export function seriesLimit({ metric, values }: FewValues, direction: CoordinateDirection): Limit {
  const scale = metricScale(metric);
  const scaled = values.map(scale.to);
  const { low, high, by } = widenedRange(scaled);
  const [limit, rule] = direction === 'up' ? [high, by.high] : [low, by.low];
  const extreme = direction === 'up' ? Math.max(...scaled) : Math.min(...scaled);
  const margin = scale.leastMargin(extreme);
  if (Math.abs(limit - extreme) >= margin) return { limit: scale.from(limit), by: rule, line: null };
  return {
    limit: scale.from(direction === 'up' ? extreme + margin : extreme - margin),
    by: 'least-margin',
    line: null,
  };
}

/**
 * The limit of one number of another run. With many numbers, some of a good run stand out by chance, so the limit is at
 * least the end of Student's two-sided prediction interval at α shared among all of them (Bonferroni). A few runs do
 * not show that numbers are normal: no rate is claimed. With 4 to 12 of 25 equal toy models as the runs, 2% to 4% of
 * the others were flagged.
 */
export function runsLimit(
  { metric, values }: FewValues,
  direction: CoordinateDirection,
  { alpha, numbers }: { readonly alpha: number; readonly numbers: number },
): Limit {
  const scale = metricScale(metric);
  const scaled = values.map(scale.to);
  const { low, high, by } = widenedRange(scaled);
  const n = scaled.length;
  const reach = tQuantile(1 - alpha / (2 * numbers), n - 1) * conformalSpread(scaled) * Math.sqrt(1 + 1 / n);
  const mean = arithmeticMean(scaled);
  const [limit, rule, byT] = direction === 'up' ? [high, by.high, mean + reach] : [low, by.low, mean - reach];
  const isFurther = direction === 'up' ? byT > limit : byT < limit;
  return { limit: scale.from(isFurther ? byT : limit), by: isFurther ? 'student' : rule, line: null };
}

/** Two points make a line; showing that values follow it takes more. */
const LEAST_POINTS = 6;
/** The line is used if its error is at most this share of the error without it. */
const MOST_ERROR = 0.7;

interface Sized extends FewValues {
  /** Update size of the run of each value; `size` is the candidate's. */
  readonly sizes: readonly number[];
  readonly size: number;
}

/** Like `runsLimit` for checkpoints of one run: the limit moves with the update size. Null: too few, or no relation. */
export function lineLimit({ metric, values, sizes, size }: Sized, direction: CoordinateDirection): Limit | null {
  if (values.length < LEAST_POINTS) return null;
  const scale = metricScale(metric);
  const line = leaveOneOutLine(sizes.map(Math.log), values.map(scale.to));
  if (!(line.error <= MOST_ERROR * line.errorOfMean)) return null;
  const expected = line.intercept + line.slope * Math.log(size);
  const { low, high } = widenedRange(line.residuals);
  const reach = Math.max(direction === 'up' ? high : -low, scale.leastMargin(expected));
  const limit = scale.from(direction === 'up' ? expected + reach : expected - reach);
  return { limit, by: 'regression', line };
}
