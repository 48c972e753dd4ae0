import { describe, expect, it } from 'vitest';
import { tQuantile } from '../../src/statistics/distributions.ts';
import { fieller } from '../../src/statistics/fieller.ts';
import { expectShare, seeded } from './seeded.ts';

/**
 * Hormone patches (Efron & Tibshirani 1993, An Introduction to the Bootstrap, table 10.1): new − old, old − placebo.
 */
const PATCHES = [
  { numerator: -1200, denominator: 8406 },
  { numerator: 2601, denominator: 2342 },
  { numerator: -2705, denominator: 8187 },
  { numerator: 1982, denominator: 8459 },
  { numerator: -1290, denominator: 4795 },
  { numerator: 351, denominator: 3516 },
  { numerator: -638, denominator: 4796 },
  { numerator: -2719, denominator: 10238 },
];

/** One-sample t of numerator − ratio · denominator. */
function studentT(pairs: readonly { numerator: number; denominator: number }[], ratio: number): number {
  const rests = pairs.map(({ numerator, denominator }) => numerator - ratio * denominator);
  const mean = rests.reduce((sum, rest) => sum + rest, 0) / rests.length;
  const squares = rests.reduce((sum, rest) => sum + (rest - mean) ** 2, 0);
  return mean / Math.sqrt(squares / (rests.length - 1) / rests.length);
}

describe("Fieller's interval", () => {
  it('agrees with Efron & Tibshirani 1993: −.071, 90% from −.249 to .170', () => {
    const interval = fieller(PATCHES, 0.9);
    expect(interval?.ratio).toBeCloseTo(-0.0713, 4);
    expect(interval?.lower).toBeCloseTo(-0.249, 3);
    expect(interval?.upper).toBeCloseTo(0.17, 3);
    expect(interval?.bounded).toBe(true);
  });

  it('ends where the t test of numerator − ratio · denominator begins to reject', () => {
    for (const level of [0.8, 0.95, 0.99]) {
      const interval = fieller(PATCHES, level);
      const critical = tQuantile((1 + level) / 2, 7);
      expect(Math.abs(studentT(PATCHES, interval?.lower ?? 0))).toBeCloseTo(critical, 6);
      expect(Math.abs(studentT(PATCHES, interval?.upper ?? 0))).toBeCloseTo(critical, 6);
    }
  });

  it('is unbounded if the denominator may be zero, rather than wrong', () => {
    const pairs = [
      { numerator: 1, denominator: 1 },
      { numerator: 2, denominator: -1 },
      { numerator: 3, denominator: 0.5 },
    ];
    expect(fieller(pairs, 0.95)).toMatchObject({ lower: -Infinity, upper: Infinity, bounded: false });
    expect(fieller(pairs.slice(0, 1), 0.95)).toBeNull();
  });

  it('is a point if numerator and denominator are proportional', () => {
    const interval = fieller(
      [1, 2, 3, 5].map((denominator) => ({ numerator: 0.5 * denominator, denominator })),
      0.95,
    );
    expect(interval?.lower).toBeCloseTo(0.5, 6);
    expect(interval?.upper).toBeCloseTo(0.5, 6);
  });

  it('covers the ratio of normal means 95 times in 100, even if the denominator is near zero', () => {
    const { normal } = seeded(51);
    const covers = (mean: number) => () => {
      const pairs = Array.from({ length: 10 }, () => {
        const shared = normal();
        return { numerator: 0.6 * mean + shared + normal(), denominator: mean + shared };
      });
      const interval = fieller(pairs, 0.95);
      return interval !== null && interval.lower <= 0.6 && interval.upper >= 0.6;
    };
    expectShare(8000, covers(3), [0.95, 0.95]);
    // Where the set is unbounded the interval contains more than the set: above 95.
    expectShare(8000, covers(0.7), [0.95, 0.995]);
  });

  it('covers the ratio of right-or-wrong changes of 180 facts too', () => {
    const { uniform } = seeded(52);
    const covers = () => {
      const pairs = Array.from({ length: 180 }, () => {
        const gained = uniform() < 0.7 ? 1 : 0;
        const twins = (uniform() < 0.2 + 0.5 * gained ? 0.5 : 0) + (uniform() < 0.2 + 0.5 * gained ? 0.5 : 0);
        return { numerator: twins, denominator: gained };
      });
      const interval = fieller(pairs, 0.95);
      const truth = (0.7 * 0.7 + 0.3 * 0.2) / 0.7;
      return interval !== null && interval.lower <= truth && interval.upper >= truth;
    };
    expectShare(4000, covers, [0.94, 0.96]);
  });
});
