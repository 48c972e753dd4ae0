import { describe, expect, it } from 'vitest';
import { cusum, DECISION_INTERVAL } from '../../src/statistics/cusum.ts';
import { seeded } from './seeded.ts';

/**
 * Montgomery, Introduction to Statistical Quality Control, table 9.1: twenty values of N(10, 1), then ten of N(11, 1).
 */
const MONTGOMERY = [
  ...[9.45, 7.99, 9.29, 11.66, 12.16, 10.18, 8.04, 11.46, 9.2, 10.34, 9.03, 11.47, 10.51, 9.4, 10.08],
  ...[9.37, 10.62, 10.31, 8.52, 10.84, 10.9, 9.33, 12.29, 11.5, 10.6, 11.08, 10.38, 11.62, 11.31, 10.52],
];
/** His table 9.2: C⁺ and N⁺ with k = ½. */
const UPPER = [
  ...[0, 0, 0, 1.16, 2.82, 2.5, 0.04, 1, 0, 0, 0, 0.97, 0.98, 0, 0],
  ...[0, 0.12, 0, 0, 0.34, 0.74, 0, 1.79, 2.79, 2.89, 3.47, 3.35, 4.47, 5.28, 5.3],
];

describe('the tabular CUSUM', () => {
  const points = cusum(MONTGOMERY.map((value) => value - 10));

  it('has the sums of Montgomery, table 9.2', () => {
    expect(points).toHaveLength(UPPER.length);
    points.forEach(({ sum }, i) => {
      expect(sum, `value ${i + 1}`).toBeCloseTo(UPPER[i] ?? Number.NaN, 6);
    });
  });

  it('alarms at the 29th value, as there, and counts seven values back to the shift', () => {
    expect(points.findIndex(({ sum }) => sum > DECISION_INTERVAL)).toBe(28);
    expect(points[28]?.run).toBe(7);
  });

  it('detects downward shifts of negated values: 1.77 is the highest lower sum of that table', () => {
    const lower = cusum(MONTGOMERY.map((value) => 10 - value)).map(({ sum }) => sum);
    expect(Math.max(...lower)).toBeCloseTo(1.77, 6);
  });

  it('has no points without values', () => {
    expect(cusum([])).toEqual([]);
  });
});

/** Lucas & Crosier 1982, Technometrics 24:199 (Montgomery, table 9.3): two-sided, k = ½, without a head start. */
const RUN_LENGTHS: ReadonlyArray<readonly [shift: number, limit: number, published: number, longest: number]> = [
  [0, 4, 168, 2000],
  [0.5, 4, 26.6, 400],
  [1, 4, 8.38, 100],
  [2, 4, 3.34, 30],
  [0, 5, 465, 5000],
  [1, 5, 10.4, 100],
];

it.each(RUN_LENGTHS)(
  'the CUSUM alarms after as many values as published: shift %d, h = %d, on average %d',
  (shift, limit, published, longest) => {
    const { normal } = seeded(1000 * shift + limit);
    const runs = Array.from({ length: 1000 }, () => {
      const values = Array.from({ length: longest }, () => shift + normal());
      const [up, down] = [cusum(values), cusum(values.map((value) => -value))];
      const at = up.findIndex(({ sum }, i) => sum > limit || (down[i]?.sum ?? 0) > limit);
      return at < 0 ? longest : at + 1;
    });
    const mean = runs.reduce((sum, run) => sum + run, 0) / runs.length;
    const variance = runs.reduce((sum, run) => sum + (run - mean) ** 2, 0) / (runs.length - 1);
    // Four standard errors, and half a unit of the last published digit.
    expect(Math.abs(mean - published)).toBeLessThan(4 * Math.sqrt(variance / runs.length) + 0.5);
  },
);
