import { describe, expect, it } from 'vitest';
import { tango } from '../../src/statistics/tango.ts';
import { expectShare, seeded } from './seeded.ts';

describe("Tango's interval", () => {
  it('agrees with published examples', () => {
    const examples: [lost: number, won: number, n: number, level: number, lower: number, upper: number][] = [
      // Airway hyper-responsiveness (Bentur 2009), in Fagerland, Lydersen & Laake 2014, Statistics in Medicine 33:2850.
      [7, 1, 21, 0.95, -0.517, -0.026],
      // Disinfection of soft contact lenses: Tango 1998, section 6.1 (the lower limit) and the tests of R's ratesci.
      [1, 0, 44, 0.9, -0.096, 0.037],
      // Tango, in the tests of R's ratesci.
      [3, 9, 32, 0.95, -0.027, 0.39],
      // Agresti & Min 2005, Statistics in Medicine 24:729, in the tests of R's ratesci.
      [8, 16, 86, 0.95, -0.02, 0.207],
    ];
    for (const [lost, won, n, level, lower, upper] of examples) {
      const interval = tango({ lost, won, n, level });
      expect(interval?.lower, `${lost} ${won} ${n}`).toBeCloseTo(lower, 3);
      expect(interval?.upper, `${lost} ${won} ${n}`).toBeCloseTo(upper, 3);
    }
    // Complete response (Cavo 2012), in Fagerland, Lydersen & Laake 2017, ch. 8 (contingencytables).
    expect(tango({ lost: 16, won: 6, n: 161, level: 0.95 })?.lower).toBeCloseTo(-0.124, 4);
    expect(tango({ lost: 16, won: 6, n: 161, level: 0.95 })?.upper).toBeCloseTo(-0.0054, 4);
    // R's PropCIs::scoreci.mp(0, 7, 14).
    expect(tango({ lost: 0, won: 7, n: 14, level: 0.95 })?.lower).toBeCloseTo(0.177034, 5);
    expect(tango({ lost: 0, won: 7, n: 14, level: 0.95 })?.upper).toBeCloseTo(0.732008, 5);
  });

  it('is ±z²/(n + z²), not a point, if no pair changed', () => {
    const interval = tango({ lost: 0, won: 0, n: 50, level: 0.95 });
    expect(interval?.difference).toBe(0);
    expect(interval?.upper).toBeCloseTo(3.841458820694 / 53.841458820694, 11);
    expect(interval?.lower).toBeCloseTo(-(interval?.upper ?? 0), 11);
  });

  it('reaches the end of the scale if every pair was lost, or won (contingencytables)', () => {
    const all = tango({ lost: 3, won: 0, n: 3, level: 0.95 });
    expect(all?.lower).toBe(-1);
    expect(all?.upper).toBeCloseTo(0.123, 4);
    expect(tango({ lost: 0, won: 3, n: 3, level: 0.95 })?.upper).toBe(1);
  });

  it('excludes zero exactly where the asymptotic McNemar test rejects', () => {
    const { int } = seeded(31);
    for (let round = 0; round < 300; round += 1) {
      const [lost, won] = [int(0, 40), int(0, 40)];
      const interval = tango({ lost, won, n: 200, level: 0.95 });
      const rejects = (won - lost) ** 2 > 3.841458820694124 * (won + lost);
      expect((interval?.lower ?? 0) > 0 || (interval?.upper ?? 0) < 0, `${lost} ${won}`).toBe(rejects);
    }
  });

  it('does not exist without pairs, and refuses counts of more pairs than there are', () => {
    expect(tango({ lost: 0, won: 0, n: 0, level: 0.95 })).toBeNull();
    expect(() => tango({ lost: 5, won: 6, n: 10, level: 0.95 })).toThrow(RangeError);
  });

  it('covers the truth 95 times in 100, and misses it equally often on both sides', () => {
    const { uniform } = seeded(32);
    for (const [n, pLost, pWon] of [
      [100, 0.09, 0.06],
      [200, 0.06, 0.04],
      [400, 0.14, 0.06],
    ] as const) {
      const draw = () => {
        let [lost, won] = [0, 0];
        for (let i = 0; i < n; i += 1) {
          const u = uniform();
          if (u < pLost) lost += 1;
          else if (u < pLost + pWon) won += 1;
        }
        return tango({ lost, won, n, level: 0.95 }) ?? { lower: 0, upper: 0 };
      };
      const truth = pWon - pLost;
      // The mean and the extremes of the simulation that the doc comment reports.
      expectShare(3000, () => truth >= draw().lower && truth <= draw().upper, [0.94, 0.96]);
      expectShare(3000, () => draw().lower > truth, [0.018, 0.028]);
    }
  });
});
