import { DEFAULT_POLICY } from '../../../src/policy/policy.ts';
import { judgeFacts } from './findings.ts';
import { simulate, type World } from './simulation.ts';

/** The size of the built-in suite. A `noise` of 0.8 makes 10% of the answers differ between equals. */
export const WORLD: World = { facts: 360, means: [1, 0.5, 2], noise: 0.8 };

/** How often the default policy fails and passes simulated pairs of measurements, and their average statistics. */
export function simulatedShares(world: World, pairs: number) {
  const results = Array.from({ length: pairs }, (_, seed) => judgeFacts(simulate(world, seed), DEFAULT_POLICY));
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

/** Three standard deviations of a share of `pairs` pairs whose true value is `p`. */
export function slack(p: number, pairs: number): number {
  return 3 * Math.sqrt((p * (1 - p)) / pairs);
}
