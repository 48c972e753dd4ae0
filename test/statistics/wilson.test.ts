import { describe, expect, it } from 'vitest';
import { wilson } from '../../src/statistics/wilson.ts';
import { expectShare, seeded } from './seeded.ts';

describe('Wilson interval', () => {
  it('Newcombe 1998, Statistics in Medicine 17:857, table I, method 3', () => {
    const table: [successes: number, n: number, lower: number, upper: number][] = [
      [81, 263, 0.2553, 0.3662],
      [15, 148, 0.0624, 0.1605],
      [0, 20, 0, 0.1611],
      [1, 29, 0.0061, 0.1718],
    ];
    for (const [successes, n, lower, upper] of table) {
      const interval = wilson({ successes, n, level: 0.95 });
      expect(interval.lower).toBeCloseTo(lower, 4);
      expect(interval.upper).toBeCloseTo(upper, 4);
    }
  });

  it('stays within 0 and 1; says nothing of nothing', () => {
    expect(wilson({ successes: 40, n: 40, level: 0.99 }).upper).toBeCloseTo(1, 14);
    expect(wilson({ successes: 0, n: 0, level: 0.95 })).toEqual({ lower: 0, upper: 1 });
  });

  it('covers the truth about as often as it says', () => {
    const { uniform } = seeded(21);
    const covers = (n: number, truth: number) => () => {
      let successes = 0;
      for (let i = 0; i < n; i += 1) successes += uniform() < truth ? 1 : 0;
      const { lower, upper } = wilson({ successes, n, level: 0.95 });
      return lower <= truth && truth <= upper;
    };
    // Brown, Cai & DasGupta 2001 give about .93–.97 at these sizes; for a share near 1 the discreteness shows.
    for (const truth of [0.3, 0.5, 0.9, 0.97]) expectShare(4000, covers(150, truth), [0.93, 0.97]);
  });
});
