import { Random } from '@shadow-gate/probes/random';
import { describe, expect, it } from 'vitest';
import { MAX_SEED } from '../../../src/measure/options.ts';
import { fullSize } from '../../full-size.ts';
import { afterKnown, attacksOn, wrongPasses } from './adversary.ts';
import { baselineOf, replay, verdictOf } from './worlds.ts';

/** Orders of asking that each attack meets. More: npm run bench:sequential -- --attacks */
const ORDERS = fullSize(40, 20);

/** One of so many attacks is tried. */
const EVERY = fullSize(1, 12);

/** The policy's: how often a settled pass may be wrong. */
const ALPHA = 0.05;

function drawn(seed: number): number[] {
  const random = new Random(seed, 'orders');
  return Array.from({ length: ORDERS }, () => random.int(0, MAX_SEED - 1));
}

describe.each(['built-in', 'derived'] as const)('%s: somebody who knows everything but the order', (shape) => {
  it('is settled as a pass in no more than one of twenty orders', () => {
    for (const { name, pair } of attacksOn(shape, 1).filter((_, i) => i % EVERY === 0)) {
      expect(verdictOf(pair), name).toBe('fail');
      expect(wrongPasses(pair, drawn(1)) / ORDERS, name).toBeLessThanOrEqual(ALPHA);
    }
  });

  it('would pass every time if the order were known', () => {
    const pair = afterKnown(shape, baselineOf(shape, 1), 12);
    const full = verdictOf(pair);
    expect(full).toBe('fail');
    expect(replay(pair, { full, orderSeed: 12 })).toMatchObject({ sequential: 'pass', settled: 'pass' });
  });
});
