import { describe, expect, it } from 'vitest';
import { controlledRatio, ratioInterval } from '../../src/statistics/index.ts';
import { type Seeded, seeded } from './seeded.ts';

/**
 * Texts drawn from p, each token with a log-ratio log p − log q that is normal under p with mean d and variance 2d:
 * then E[q/p] = 1, and d is the divergence.
 */
function drawn({ normal }: Seeded, divergence: number, { texts = 64, tokens = 24 } = {}) {
  return Array.from({ length: texts }, () => {
    const ratios = Array.from({ length: tokens }, () => divergence + Math.sqrt(2 * divergence) * normal());
    const sum = (of: (ratio: number) => number) => ratios.reduce((total, ratio) => total + of(ratio), 0);
    return { sum: sum((ratio) => ratio), size: tokens, control: sum((ratio) => Math.expm1(-ratio)) };
  });
}

describe('a ratio with a control variate', () => {
  it('is the plain ratio if the control says nothing', () => {
    const clusters = drawn(seeded(3), 0.2).map((cluster) => ({ ...cluster, control: 0 }));
    expect(controlledRatio(clusters, 0.95)).toEqual(ratioInterval(clusters, 0.95));
    expect(controlledRatio(clusters.slice(0, 1), 0.95)).toBeNull();
  });

  it('has the sums where the control takes out all noise', () => {
    const clusters = Array.from({ length: 20 }, (_, i) => ({ sum: 3 - ((i % 5) - 2), size: 10, control: (i % 5) - 2 }));
    expect(controlledRatio(clusters, 0.95)).toMatchObject({ mean: 0.3, standardError: 0 });
  });

  for (const [divergence, gain] of [
    [0.01, 5],
    [0.16, 2],
    [1, 1],
  ] as const) {
    it(`covers a divergence of ${divergence} in 95 of 100 draws, with a standard error ${gain} times smaller`, () => {
      const random = seeded(17);
      let covered = 0;
      let [error, plain] = [0, 0];
      for (let run = 0; run < 1000; run += 1) {
        const clusters = drawn(random, divergence);
        const interval = controlledRatio(clusters, 0.95);
        if (interval === null) throw new Error('no interval');
        if (interval.lower <= divergence && divergence <= interval.upper) covered += 1;
        error += interval.standardError;
        plain += ratioInterval(clusters, 0.95)?.standardError ?? 0;
      }
      expect(covered / 1000).toBeGreaterThan(0.93);
      expect(covered / 1000).toBeLessThan(0.975);
      expect(plain / error).toBeGreaterThan(gain * 0.99);
    });
  }
});
