import { describe, expect, it } from 'vitest';
import { evaluateProbes } from '../../../src/compare/probes/evaluation.ts';
import { DEFAULT_POLICY } from '../../../src/policy/policy.ts';
import { mcNemarPower } from '../../../src/statistics/power.ts';
import { simulate, type World } from './simulation.ts';

const PAIRS = 2000;

/** The size of the built-in suite. `noise` 0.8 makes 10 % of the answers differ between equals. */
const WORLD: World = { facts: 360, means: [1, 0.5, 2], noise: 0.8 };

function run(world: World, pairs = PAIRS) {
  const results = Array.from({ length: pairs }, (_, seed) => evaluateProbes(simulate(world, seed), DEFAULT_POLICY));
  const share = (has: (result: (typeof results)[number]) => boolean) => results.filter(has).length / pairs;
  const changes = results.flatMap(({ comparison }) => comparison.rows[0]?.twinChange ?? []);
  return {
    fails: share(({ reasons }) => reasons.some(({ level }) => level === 'fail')),
    passes: share(({ reasons }) => reasons.every(({ level }) => level === 'info')),
    pooledFails: share(({ reasons }) =>
      reasons.some(({ rule, place }) => rule === 'twin-accuracy' && place === 'model'),
    ),
    mde: changes.reduce((sum, { mde }) => sum + (mde ?? 0), 0) / changes.length,
    discordance: changes.reduce((sum, { lost, won, twins }) => sum + (lost + won) / twins, 0) / changes.length,
    n: changes[0]?.twins ?? 0,
  };
}

describe(`over ${PAIRS} simulated pairs of measurements`, () => {
  it('without a true change, the default policy fails at most 5 % with all its tests together', () => {
    const { fails, passes } = run(WORLD);
    expect(fails).toBeLessThanOrEqual(0.05);
    expect(passes).toBeGreaterThan(0.75);
  }, 120_000);

  it('also where two twins of a fact change together', () => {
    expect(run({ facts: 180, twins: 2, means: [1, 0.5, 2], noise: 0.8, shared: 0.8 }).fails).toBeLessThanOrEqual(0.05);
  }, 120_000);

  it('also where families are small, or near what a guesser reaches: those with luck in the baseline are not picked', () => {
    const small: World = { facts: 570, means: Array.from({ length: 57 }, () => 0.5), noise: 0.8 };
    // Two standard deviations above 5 % in 500 pairs; 40 % and 20 % where such families are picked by the baseline alone.
    expect(run(small, 500).fails).toBeLessThanOrEqual(0.07);
    const low: World = { facts: 1200, means: Array.from({ length: 20 }, () => -0.5), noise: 0.8 };
    expect(run(low, 500).fails).toBeLessThanOrEqual(0.07);
  }, 120_000);

  it('fails at least 80 % where 8 points of 400 twins are lost', () => {
    expect(run({ ...WORLD, facts: 400, drop: 0.08 }).fails).toBeGreaterThanOrEqual(0.8);
  }, 120_000);

  it('the minimum detectable effect is the drop that is found four times in five, to a point', () => {
    const { mde, discordance, n } = run(WORLD);
    const powerAt = (drop: number) => run({ ...WORLD, drop }).pooledFails;
    expect(powerAt(mde - 0.01)).toBeLessThan(0.8);
    expect(powerAt(mde + 0.01)).toBeGreaterThan(0.8);
    // And the formula's own world agrees.
    expect(mcNemarPower({ n, discordance, alpha: 0.05, minimumDrop: 0.02, drop: mde })).toBeCloseTo(0.8, 1);
  }, 240_000);
});
