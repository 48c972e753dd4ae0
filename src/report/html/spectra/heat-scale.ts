import { leastOf, mostOf } from '../../../statistics/index.ts';

/** Steps of a scale that people can read. */
const NICE = [1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10];

/** Values in bins whose centers are multiples of one step. */
export interface HeatScale {
  /** Centers of the bins, ascending. */
  readonly centers: readonly number[];
  /** The bin of a value; the first or last for one outside. */
  readonly binOf: (value: number) => number;
}

/** @param most number of bins at most */
export function sequentialScale(values: readonly number[], most: number): HeatScale {
  const [low, high] = [leastOf(values), mostOf(values)];
  const step = niceStep((high - low) / (most - 1));
  return scaleOf(Math.round(low / step), Math.round(high / step), step);
}

/** Centered on 0. @param side number of bins at most on either side of 0 */
export function divergingScale(values: readonly number[], side: number): HeatScale {
  const largest = mostOf(values.map(Math.abs));
  const step = niceStep(largest / side);
  const used = Math.max(1, Math.round(largest / step));
  return scaleOf(-used, used, step);
}

function scaleOf(first: number, last: number, step: number): HeatScale {
  return {
    centers: Array.from({ length: last - first + 1 }, (_, i) => Number(((first + i) * step).toPrecision(12))),
    binOf: (value) => Math.min(last, Math.max(first, Math.round(value / step))) - first,
  };
}

/** The smallest of these steps × 10ᵏ that is no less. */
function niceStep(least: number): number {
  if (!(least > 0)) return 1;
  const unit = 10 ** Math.floor(Math.log10(least));
  return unit * (NICE.find((step) => step * unit >= least * (1 - 1e-9)) ?? 10);
}
