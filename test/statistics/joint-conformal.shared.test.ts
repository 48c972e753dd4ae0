import { describe, expect, it } from 'vitest';
import { type ConformalSide, fewestRuns, jointConformal } from '../../src/statistics/joint-conformal.ts';
import { leaveOneOutLine } from '../../src/statistics/leave-one-out.ts';
import { widenedRange } from '../../src/statistics/widened-range.ts';
import { seeded } from './seeded.ts';

const one = (values: readonly number[], candidate: number, side: ConformalSide, alpha: number) =>
  jointConformal(
    values.map((value) => [value]),
    [candidate],
    [side],
    alpha,
  );

/** NumPy: `np.random.default_rng(7).normal(size=(19, 3)) * [1, .1, 5] + [3, .4, 40]`, rounded. */
const RUNS = [
  [3.001, 0.43, 38.629],
  [2.109, 0.355, 35.042],
  [3.06, 0.534, 37.539],
  [2.38, 0.449, 41.784],
  [3.105, 0.307, 39.854],
  [3.695, 0.266, 37.712],
  [1.099, 0.271, 30.791],
  [2.765, 0.273, 41.356],
  [3.157, 0.381, 27.416],
  [2.461, 0.395, 40.567],
  [1.47, 0.352, 35.107],
  [2.191, 0.506, 35.962],
  [2.967, 0.488, 37.082],
  [2.888, 0.411, 40.319],
  [1.775, 0.408, 46.794],
  [1.453, 0.486, 40.597],
  [2.359, 0.6, 43.811],
  [1.801, 0.407, 42.883],
  [2.811, 0.468, 39.667],
];

describe('the joint conformal test', () => {
  it('has the scores that NumPy gives for each of the twenty compared with the nineteen others', () => {
    // d = (A[i] - np.delete(A, i, 0).mean(0)) / np.delete(A, i, 0).std(0, ddof=1); score = max(d[0], -d[1], abs(d[2]))
    const { p, threshold, deviations } = jointConformal(RUNS, [3.9, 0.62, 31], ['up', 'down', 'both'], 0.1);
    expect(p).toBeCloseTo(0.1, 12);
    expect(threshold).toBeCloseTo(2.07441854309639, 12);
    [2.08632675, -2.26662632, 1.67976213].forEach((value, i) => {
      expect(deviations[i]).toBeCloseTo(value, 7);
    });
    // At 5% no run may reach it, and one does.
    expect(jointConformal(RUNS, [3.9, 0.62, 31], ['up', 'down', 'both'], 0.05).threshold).toBeCloseTo(2.78793193, 7);
  });

  it.each([
    [19, 0.05],
    [39, 0.05],
    [59, 0.05],
    [19, 0.1],
    [25, 0.1],
  ])('with one number and %i runs is the order statistic of the runs at %d', (runs, alpha) => {
    const random = seeded(runs);
    const values = Array.from({ length: runs }, () => random.normal());
    const ascending = [...values].sort((a, b) => a - b);
    const order = ascending[Math.ceil((1 - alpha) * (runs + 1)) - 1] ?? Number.NaN;
    for (const [candidate, isBeyond] of [
      [order + 1e-6, true],
      [order - 1e-6, false],
    ] as const) {
      const { p, threshold, deviations } = one(values, candidate, 'up', alpha);
      expect(p).toBeCloseTo((1 + values.filter((value) => value >= candidate).length) / (runs + 1), 12);
      expect(p <= alpha + 1e-12).toBe(isBeyond);
      expect((deviations[0] ?? 0) > threshold).toBe(isBeyond);
      const mirrored = values.map((value) => -value);
      expect(one(mirrored, -candidate, 'down', alpha).p).toBe(p);
    }
  });

  it('counts a tie against the candidate, and finds nothing in runs that are all alike', () => {
    const values = Array.from({ length: 19 }, (_, i) => i);
    expect(one(values, 18, 'up', 0.05).p).toBeCloseTo(2 / 20, 12);
    const alike = Array.from({ length: 19 }, () => 0.1 + 0.2);
    expect(one(alike, 0.1 + 0.2, 'both', 0.05).p).toBe(1);
    // A measurement has ten digits: less than that is no difference.
    expect(one(alike, 0.3, 'both', 0.05).deviations[0]).toBeLessThan(1);
    expect(one(alike, 0.31, 'up', 0.05).p).toBeCloseTo(1 / 20, 12);
  });

  it('is the same whatever the order and the units of its numbers', () => {
    const test = (scale: number) =>
      jointConformal(
        [...RUNS].reverse().map((row) => row.map((value) => value * scale)),
        [3.9, 0.62, 31].map((value) => value * scale),
        ['up', 'down', 'both'],
        0.1,
      );
    expect(test(1e-9).threshold).toBeCloseTo(2.07441854309639, 9);
    expect(test(1e6).p).toBeCloseTo(0.1, 12);
  });

  it('refuses to claim a level that so few runs cannot have', () => {
    expect([0.05, 0.1, 0.2, 0.01].map(fewestRuns)).toEqual([19, 9, 4, 99]);
    expect(() =>
      one(
        RUNS.slice(1).map(([value = 0]) => value),
        3,
        'up',
        0.05,
      ),
    ).toThrow(/18 runs/);
  });
});

describe('a widened range', () => {
  // NumPy: min - w, max + w for w = (max - min) / 2, and v.mean() -+ 3 * v.std(ddof=1).
  it.each([
    [[1, 2, 4], -2.2492423616, 6.9159090283, 'deviations', 'deviations'],
    [[1, 1.1, 1.05, 1.2, 1.02], 0.8343752934, 1.3136247067, 'deviations', 'deviations'],
    [[1, 1, 1, 1, 1, 1, 1, 9], -6.4852813742, 13, 'deviations', 'range'],
    [[5, 5, 5], 5, 5, 'range', 'range'],
  ] as const)('of %j has the ends of the wider of its rules', (values, low, high, byLow, byHigh) => {
    const range = widenedRange(values);
    expect(range.low).toBeCloseTo(low, 9);
    expect(range.high).toBeCloseTo(high, 9);
    expect(range.by).toEqual({ low: byLow, high: byHigh });
  });

  it('is the range, for ten values spread as those of a run are', () => {
    // Flat, as of a slow drift: 3 standard deviations of the uniform distribution are 0.87 widths on each side of the
    // middle.
    const { low, high, by } = widenedRange(Array.from({ length: 100 }, (_, i) => i));
    expect({ low, high, by }).toEqual({ low: -49.5, high: 148.5, by: { low: 'range', high: 'range' } });
  });
});

describe('a line with its leave-one-out errors', () => {
  it('has the PRESS residuals of NumPy and of scikit-learn', () => {
    // X = np.c_[np.ones(7), x]; H = X @ inv(X.T @ X) @ X.T; (y - X @ b) / (1 - np.diag(H)), which are also
    // y - cross_val_predict(LinearRegression(), x[:, None], y, cv=LeaveOneOut()).
    const x = [0.011, 0.018, 0.026, 0.04, 0.055, 0.081, 0.12].map(Math.log);
    const y = [9.1, 8.2, 7.9, 6.6, 6.4, 5.2, 4.9];
    const line = leaveOneOutLine(x, y);
    expect(line.intercept).toBeCloseTo(0.87135474, 7);
    expect(line.slope).toBeCloseTo(-1.84042479, 7);
    const press = [-0.14262363, -0.08929967, 0.37811386, -0.22823026, 0.23130155, -0.41171935, 0.23214274];
    press.forEach((residual, i) => {
      expect(line.residuals[i]).toBeCloseTo(residual, 7);
    });
    expect(line.error).toBeCloseTo(0.2673356784696918, 10);
    expect(line.errorOfMean).toBeCloseTo(1.6941074346097416, 10);
  });
});
