import { describe, expect, it } from 'vitest';
import { mcNemarPower } from '../../../src/statistics/power.ts';
import { simulatedShares, WORLD } from './simulated-shares.ts';
import type { World } from './simulation.ts';

const PAIRS = 2000;
const LARGE_PAIRS = 500;

describe(`over ${PAIRS} simulated pairs of measurements`, () => {
  const equals = simulatedShares(WORLD, PAIRS);

  it('the default policy fails at most 5% of equal pairs with all its tests together', () => {
    expect(equals.fails).toBeLessThanOrEqual(0.05);
    expect(equals.passes).toBeGreaterThan(0.75);
  });

  it('the default policy fails at most 5% of equal pairs whose twins of one fact change together', () => {
    const world = { facts: 180, twins: 2, means: [1, 0.5, 2], noise: 0.8, shared: 0.8 };
    expect(simulatedShares(world, PAIRS).fails).toBeLessThanOrEqual(0.05);
  });

  it('the default policy fails few equal pairs whose families are small or close to chance', () => {
    const small: World = { facts: 570, means: Array.from({ length: 57 }, () => 0.5), noise: 0.8 };
    // Two standard deviations above 5% in 500 pairs. Families chosen by the luck of the baseline alone gave 40% and
    // 20%.
    expect(simulatedShares(small, LARGE_PAIRS).fails).toBeLessThanOrEqual(0.07);
    const low: World = { facts: 1200, means: Array.from({ length: 20 }, () => -0.5), noise: 0.8 };
    expect(simulatedShares(low, LARGE_PAIRS).fails).toBeLessThanOrEqual(0.07);
  });

  it('the default policy fails at least 80% of models that lost 8 points of 400 twins', () => {
    expect(simulatedShares({ ...WORLD, facts: 400, drop: 0.08 }, PAIRS).fails).toBeGreaterThanOrEqual(0.8);
  });

  it('a drop of the minimum detectable effect is found with 80% power, to within a point', () => {
    const { mde, discordance, n } = equals;
    const powerAt = (drop: number) => simulatedShares({ ...WORLD, drop }, PAIRS).pooledFails;
    expect(powerAt(mde - 0.01)).toBeLessThan(0.8);
    expect(powerAt(mde + 0.01)).toBeGreaterThan(0.8);
    // And the formula's own world agrees.
    expect(mcNemarPower({ n, discordance, alpha: 0.04, minimumDrop: 0.02, drop: mde })).toBeCloseTo(0.8, 1);
  });
});
