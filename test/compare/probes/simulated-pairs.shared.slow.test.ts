import { describe, expect, it } from 'vitest';
import { simulatedShares, slack, WORLD } from './simulated-shares.ts';

const PAIRS = 150;

/** The full size is in simulation.shared.nightly.test.ts. */
describe(`over ${PAIRS} simulated pairs of measurements`, () => {
  it('the default policy rarely fails two models that are equally good, and passes most such pairs', () => {
    const { fails, passes } = simulatedShares(WORLD, PAIRS);
    expect(fails).toBeLessThanOrEqual(0.05 + slack(0.05, PAIRS));
    expect(passes).toBeGreaterThan(0.75 - slack(0.75, PAIRS));
  });

  it('the default policy rarely fails equals whose families are small', () => {
    const small = { facts: 570, means: Array.from({ length: 57 }, () => 0.5), noise: 0.8 };
    // Families chosen by the luck of the baseline alone gave 40%.
    expect(simulatedShares(small, PAIRS / 3).fails).toBeLessThanOrEqual(0.05 + slack(0.05, PAIRS / 3));
  });

  it('the default policy fails most models that lost 8 points of 400 twins', () => {
    const { fails } = simulatedShares({ ...WORLD, facts: 400, drop: 0.08 }, PAIRS);
    expect(fails).toBeGreaterThanOrEqual(0.95 - slack(0.95, PAIRS));
  });
});
