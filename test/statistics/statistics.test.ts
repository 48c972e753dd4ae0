import { describe, expect, it } from 'vitest';
import { gini, median, robustZ, weightedMean } from '../../src/statistics/descriptive.ts';

describe('statistics', () => {
  it('median: the mean of the two middle values', () => {
    expect(median([4, 1, 3, 2])).toBe(2.5);
    expect(median([])).toBeNull();
  });

  it('weighted mean', () => {
    expect(weightedMean([1, 4], [3, 1])).toBe(1.75);
    expect(weightedMean([], [])).toBeNull();
  });

  it('Gini: 0 for equal shares, (n − 1)/n if one has all, 0.25 for 1 and 3', () => {
    expect(gini([2, 2, 2])).toBeCloseTo(0, 15);
    expect(gini([0, 0, 0, 5])).toBeCloseTo(3 / 4, 15);
    expect(gini([3, 1])).toBeCloseTo(0.25, 15);
    expect(gini([0, 0])).toBeNull();
  });

  it('robust z: 1, 2, 3, 4, 100 has median 3 and MAD 1', () => {
    expect(robustZ([1, 2, 3, 4, 100], 0)[4]).toBeCloseTo(97 / 1.4826, 10);
  });

  it('robust z does not make an outlier of a hair: the spread has a floor', () => {
    expect(robustZ([1, 1, 1, 1, 1.01], 0.05)[4]).toBeCloseTo(0.2, 10);
  });
});
