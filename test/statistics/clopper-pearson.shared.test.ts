import { describe, expect, it } from 'vitest';
import { clopperPearson } from '../../src/statistics/clopper-pearson.ts';
import { binomialPmf } from '../../src/statistics/distributions.ts';

describe('the Clopper–Pearson interval', () => {
  it('agrees with Newcombe 1998, Statistics in Medicine 17:857, table I, method 5', () => {
    const table: [successes: number, n: number, lower: number, upper: number][] = [
      [81, 263, 0.2527, 0.3676],
      [15, 148, 0.0578, 0.1617],
      [0, 20, 0, 0.1684],
      [1, 29, 0.0009, 0.1776],
    ];
    for (const [successes, n, lower, upper] of table) {
      const interval = clopperPearson({ successes, n, level: 0.95 });
      expect(interval.lower).toBeCloseTo(lower, 4);
      expect(interval.upper).toBeCloseTo(upper, 4);
    }
  });

  it('is [0, 1] without trials', () => {
    expect(clopperPearson({ successes: 0, n: 0, level: 0.95 })).toEqual({ lower: 0, upper: 1 });
  });

  it('is below the truth no more often than its level allows, however few the trials', () => {
    for (let n = 1; n <= 200; n += 1) {
      let below = 0;
      for (let successes = 0; successes <= n; successes += 1) {
        if (clopperPearson({ successes, n, level: 0.95 }).upper < 0.98) below += binomialPmf(successes, n, 0.98);
      }
      expect(below, `${n} trials`).toBeLessThanOrEqual(0.025);
    }
  });
});
