import { at } from '@shadow-gate/platform';
import { Random } from '@shadow-gate/probes/random';
import { describe, expect, it } from 'vitest';
import { expectShareable } from '../../../src/gate/check.ts';
import { indicesOfShard, parseShard } from '../../../src/measure/shards/shard.ts';

describe('parseShard', () => {
  it('reads i/n', () => {
    expect(parseShard('2/4')).toEqual({ index: 2, count: 4 });
    expect(parseShard(' 1 / 1 ')).toEqual({ index: 1, count: 1 });
  });

  it.each(['', '2', '0/4', '5/4', '1/0', '-1/4', '1/4/2', '1.5/4', 'a/b', '1/1001'])('refuses %j', (text) => {
    expect(parseShard(text)).toBeNull();
  });
});

describe('indicesOfShard', () => {
  /** Like a model: many equal matrices, a few small ones, two very large ones. */
  const random = new Random(7, 'costs');
  const costs = Array.from({ length: 300 }, (_, i) => (i < 2 ? 4000 : i % 7 ? 100 : random.int(0, 30)));
  const total = costs.reduce((sum, cost) => sum + cost, 0);

  it.each([1, 2, 3, 4, 7, 16, 299, 400])(
    'gives each job to one of %i shards, and none has more than 4/3 of the optimum',
    (count) => {
      const shares = Array.from({ length: count }, (_, i) => indicesOfShard(costs, { index: i + 1, count }));
      expect(shares.flat().sort((a, b) => a - b)).toEqual([...costs.keys()]);
      const loads = shares.map((share) => share.reduce((sum, index) => sum + at(costs, index), 0));
      expect(Math.max(...loads)).toBeLessThanOrEqual((4 / 3) * Math.max(total / count, ...costs));
    },
  );
});

describe('expectShareable', () => {
  it('refuses a time budget and a random seed, which differ between machines', () => {
    expect(() => expectShareable({ budgetSeconds: 60 })).toThrow(/leave out the budget/);
    expect(() => expectShareable({ seed: 'rotate' })).toThrow(/give it to all of them/);
    expect(() => expectShareable({ seed: 5 })).not.toThrow();
  });
});
