import { describe, expect, it } from 'vitest';
import { exceeds, leastExceeding, leastReaching, reaches } from '../../../src/compare/pairing/limits.ts';

/** Percents, and numbers of answers, up to as many as a benchmark has. */
const LIMITS = [1, 2, 5, 7, 10, 29];
const ANSWERS = [7, 20, 100, 180, 360, 1319, 14_042, 100_000];

describe('a share of answers at its limit', () => {
  it('counts as there, as fractions say that do not round', () => {
    for (const percent of LIMITS) {
      for (const n of ANSWERS) {
        const at = Math.round((percent * n) / 100);
        for (const lost of [at - 1, at, at + 1]) {
          // As accuracies are: a difference of two shares, each with an error of its own.
          for (const before of [n, Math.ceil(0.7 * n), Math.ceil(0.4567 * n)]) {
            const drop = before / n - (before - lost) / n;
            const named = `${lost} of ${n}, before ${before}, limit ${percent}%`;
            expect(reaches(drop, percent / 100), named).toBe(100 * lost >= percent * n);
            expect(exceeds(drop, percent / 100), named).toBe(100 * lost > percent * n);
          }
        }
      }
    }
  });

  it('is the fewest answers with which asking can end, and one fewer is not', () => {
    for (const percent of LIMITS) {
      for (const n of ANSWERS) {
        const [least, above] = [leastReaching(percent / 100, n), leastExceeding(percent / 100, n)];
        expect(
          100 * least >= percent * n && (least === 1 || 100 * (least - 1) < percent * n),
          `${percent}% of ${n}`,
        ).toBe(true);
        expect(100 * above > percent * n && 100 * (above - 1) <= percent * n, `${percent}% of ${n}`).toBe(true);
      }
    }
    expect(leastReaching(0, 100)).toBe(1);
  });
});
