import { describe, expect, it } from 'vitest';
import { clusterInterval, welchInterval } from '../../src/statistics/t-interval.ts';
import { expectShare, seeded } from './seeded.ts';

/** Student's interval: every value is a cluster of its own. */
const meanInterval = (values: readonly number[], level: number) =>
  clusterInterval(
    values.map((value) => [value]),
    level,
  );

describe('the t interval of a mean', () => {
  it("agrees with R's t.test(paired = TRUE) for 'Student' 1908, extra hours of sleep, drug 1 − drug 2", () => {
    const first = [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0, 2];
    const second = [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4];
    const differences = first.map((hours, i) => hours - (second[i] ?? Number.NaN));
    const interval = meanInterval(differences, 0.95);
    expect(interval?.mean).toBeCloseTo(-1.58, 12);
    expect(interval?.df).toBe(9);
    expect((interval?.mean ?? 0) / (interval?.standardError ?? 0)).toBeCloseTo(-4.0621, 4);
    expect(interval?.lower).toBeCloseTo(-2.4598858, 6);
    expect(interval?.upper).toBeCloseTo(-0.7001142, 6);
  });

  it('does not exist for one value, and has no width for equal ones', () => {
    expect(meanInterval([3], 0.95)).toBeNull();
    expect(meanInterval([], 0.95)).toBeNull();
    expect(meanInterval([3, 3], 0.95)).toMatchObject({ mean: 3, standardError: 0, lower: 3, upper: 3 });
  });

  it('covers the mean of normal values 95 times in 100', () => {
    const { normal } = seeded(41);
    const covers = () => {
      const interval = meanInterval([normal(), normal(), normal(), normal(), normal()], 0.95);
      return interval !== null && interval.lower <= 0 && interval.upper >= 0;
    };
    expectShare(20_000, covers, [0.95, 0.95]);
  });
});

describe('the t interval over clusters', () => {
  it('agrees with a textbook for clusters of one size: grade points of 5 suites of 4 students (Lohr 1999, example 5.2), 2.826 ± .1637', () => {
    const suites = [
      [3.08, 2.6, 3.44, 3.04],
      [2.36, 3.04, 3.28, 2.68],
      [2.0, 2.56, 2.52, 1.88],
      [3.0, 2.88, 3.44, 3.64],
      [2.68, 1.92, 3.28, 3.2],
    ];
    const interval = clusterInterval(suites, 0.95);
    expect(interval?.mean).toBeCloseTo(2.826, 12);
    // Lohr's 5 suites are drawn from 100; templates are not drawn from a list.
    expect((interval?.standardError ?? 0) * Math.sqrt(1 - 5 / 100)).toBeCloseTo(0.1637, 4);
    expect(interval?.df).toBe(4);
    // The same as the t interval over the means of the suites.
    const overMeans = meanInterval(
      suites.map((suite) => suite.reduce((sum, grade) => sum + grade, 0) / 4),
      0.95,
    );
    expect(interval?.lower).toBeCloseTo(overMeans?.lower ?? Number.NaN, 12);
  });

  it('agrees with a textbook for clusters of many sizes: incomes in 25 blocks of 415 (Scheaffer, Mendenhall & Ott, example 8.2), $8801 ± 1617', () => {
    const residents = [8, 12, 4, 5, 6, 6, 7, 5, 8, 3, 2, 6, 5, 10, 9, 3, 6, 5, 5, 4, 6, 8, 7, 3, 8];
    const thousands = [
      96, 121, 42, 65, 52, 40, 75, 65, 45, 50, 85, 43, 54, 49, 53, 50, 32, 22, 45, 37, 51, 30, 39, 47, 41,
    ];
    const interval = clusterInterval(asBlocks(residents, thousands), 0.95);
    expect((interval?.mean ?? 0) * 1000).toBeCloseTo(8801, 0);
    expect(2 * (interval?.standardError ?? 0) * Math.sqrt(1 - 25 / 415) * 1000).toBeCloseTo(1617, 0);
    expect(interval?.df).toBe(24);
  });

  it('agrees with a textbook for 12 algebra classes of 187 (Lohr 1999, example 5.6): 62.57, standard error 1.49', () => {
    const students = [20, 26, 24, 34, 26, 28, 19, 32, 17, 21, 26, 26];
    const means = [61.5, 64.2, 58.4, 58, 58, 64.9, 55.2, 72.1, 58.2, 66.6, 62.3, 67.2];
    const sums = means.map((mean, i) => mean * (students[i] ?? 0));
    const interval = clusterInterval(asBlocks(students, sums), 0.95);
    expect(interval?.mean).toBeCloseTo(62.57, 2);
    expect((interval?.standardError ?? 0) * Math.sqrt(1 - 12 / 187)).toBeCloseTo(1.49, 2);
  });

  it('does not exist for one cluster, and ignores clusters without items', () => {
    expect(clusterInterval([[1, 2, 3]], 0.95)).toBeNull();
    expect(clusterInterval([[1, 2, 3], []], 0.95)).toBeNull();
    expect(clusterInterval([[1], [], [3]], 0.95)?.df).toBe(1);
  });

  it('covers the mean if the items of a cluster are correlated; the interval over items does not', () => {
    const { normal, int } = seeded(42);
    const draw = () =>
      Array.from({ length: 12 }, () => {
        const template = normal();
        return Array.from({ length: int(8, 12) }, () => template + normal());
      });
    const covers = (interval: { lower: number; upper: number } | null) =>
      interval !== null && interval.lower <= 0 && interval.upper >= 0;
    expectShare(4000, () => covers(clusterInterval(draw(), 0.95)), [0.94, 0.955]);
    expectShare(1000, () => covers(meanInterval(draw().flat(), 0.95)), [0.4, 0.7]);
  });
});

/** Clusters of the given sizes and sums; how a sum is spread over its items does not matter. */
function asBlocks(sizes: readonly number[], sums: readonly number[]): number[][] {
  return sizes.map((size, i) => [sums[i] ?? Number.NaN, ...Array(size - 1).fill(0)]);
}

describe("Welch's interval of a difference of means", () => {
  it("agrees with R's t.test(extra ~ group) for 'Student' 1908, as if the drugs had been given to different people", () => {
    const first = [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0, 2];
    const second = [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4];
    const interval = welchInterval(meanInterval(first, 0.95), meanInterval(second, 0.95), 0.95);
    expect(interval?.df).toBeCloseTo(17.776, 3);
    expect(interval?.lower).toBeCloseTo(-3.3654832, 6);
    expect(interval?.upper).toBeCloseTo(0.2054832, 6);
    expect(welchInterval(meanInterval(first, 0.95), meanInterval([1], 0.95), 0.95)).toBeNull();
  });
});
