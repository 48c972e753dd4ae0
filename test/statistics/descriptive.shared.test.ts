import { describe, expect, it } from 'vitest';
import { leastOf, median, mostOf, robustZ, weightedMean } from '../../src/statistics/descriptive.ts';

describe('descriptive statistics', () => {
  it('the least and the most of a million values are found, as of none', () => {
    const values = Array.from({ length: 1e6 }, (_, i) => i);
    expect([leastOf(values), mostOf(values)]).toEqual([0, 1e6 - 1]);
    expect([leastOf([]), mostOf([])]).toEqual([Math.min(), Math.max()]);
    expect([leastOf([1, Number.NaN, 2]), mostOf([1, Number.NaN, 2])]).toEqual([Number.NaN, Number.NaN]);
  });

  it('the median of an even count is the mean of the two middle values', () => {
    expect(median([4, 1, 3, 2])).toBe(2.5);
    expect(median([])).toBeNull();
  });

  it('the weighted mean divides by the sum of the weights, and is null without weight', () => {
    expect(weightedMean([1, 4], [3, 1])).toBe(1.75);
    expect(weightedMean([], [])).toBeNull();
  });

  it('the robust z-score uses median and MAD: 3 and 1 for 1, 2, 3, 4, 100', () => {
    expect(robustZ([1, 2, 3, 4, 100], 0)[4]).toBeCloseTo(97 / 1.4826, 10);
  });

  it('a tiny deviation is not an outlier, even if all other values are equal', () => {
    expect(robustZ([1, 1, 1, 1, 1.01], 0.05)[4]).toBeCloseTo(0.2, 10);
  });
});
