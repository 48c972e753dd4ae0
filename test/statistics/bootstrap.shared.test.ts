import { describe, expect, it } from 'vitest';
import { bootstrap, percentileInterval, type Unit } from '../../src/statistics/bootstrap.ts';
import { expectShare, seeded } from './seeded.ts';

const mean = ([sum = 0, n = 0]: Float64Array) => sum / n;
const unit = (value: number, stratum = 'all'): Unit => ({ stratum, terms: [value, 1] });

describe('the percentile bootstrap', () => {
  it('is the same every time, and near the normal interval of a share of 400', () => {
    const units = Array.from({ length: 400 }, (_, i) => unit(i < 120 ? 1 : 0));
    const interval = percentileInterval(bootstrap(units, mean), 0.95);
    expect(percentileInterval(bootstrap(units, mean), 0.95)).toEqual(interval);
    const half = 1.96 * Math.sqrt((0.3 * 0.7) / 400);
    expect(interval.lower).toBeCloseTo(0.3 - half, 1);
    expect(interval.upper - interval.lower).toBeGreaterThan(1.85 * half);
    expect(interval.upper - interval.lower).toBeLessThan(2.15 * half);
  });

  it('draws within strata: a difference between strata is no variance', () => {
    const units = Array.from({ length: 100 }, (_, i) => unit(i % 2, `stratum ${i % 2}`));
    expect(percentileInterval(bootstrap(units, mean), 0.95)).toEqual({ lower: 0.5, upper: 0.5 });
  });

  it('draws the facts of a template together', () => {
    const all = Array.from({ length: 20 }, (_, template) => template % 2);
    const together = all.map((value): Unit => ({ stratum: 'all', terms: [10 * value, 10] }));
    const apart = all.flatMap((value) => Array.from({ length: 10 }, () => unit(value)));
    const width = (units: readonly Unit[]) => {
      const { lower, upper } = percentileInterval(bootstrap(units, mean), 0.95);
      return upper - lower;
    };
    expect(width(together) / width(apart)).toBeGreaterThan(2.5);
  });

  it('has no bound where the statistic has no value too often, and else counts that at both ends', () => {
    const values = Float64Array.from({ length: 2000 }, (_, i) => (i < 1960 ? i : Number.NaN)).sort();
    expect(percentileInterval(values, 0.95)).toEqual({ lower: 10, upper: 1949 });
    const more = Float64Array.from({ length: 2000 }, (_, i) => (i < 1900 ? i : Number.NaN)).sort();
    expect(percentileInterval(more, 0.95)).toEqual({ lower: -Infinity, upper: Infinity });
  });

  it('covers the mean of skewed values 95 times in 100, to within three', () => {
    const random = seeded(7);
    const draw = () => {
      const units = Array.from({ length: 60 }, () => unit(-Math.log(1 - random.uniform())));
      const { lower, upper } = percentileInterval(bootstrap(units, mean), 0.95);
      return lower <= 1 && 1 <= upper;
    };
    expectShare(60, draw, [0.91, 0.98]);
  });
});
