import { Random } from '@shadow-gate/probes/random';
import { describe, expect, it } from 'vitest';
import { cutEvenly } from '../../../src/measure/shards/own-tensors.ts';

/** Every way to cut a list into at most `count` runs: the least cost of the most expensive one. */
function leastCost(costs: readonly number[], count: number): number {
  const total = costs.reduce((sum, cost) => sum + cost, 0);
  if (count === 1 || costs.length <= 1) return total;
  const cuts = costs.map((_, i) => {
    const first = costs.slice(0, i + 1).reduce((sum, cost) => sum + cost, 0);
    return Math.max(first, leastCost(costs.slice(i + 1), count - 1));
  });
  return Math.min(...cuts);
}

describe('cutEvenly', () => {
  const random = new Random(3, 'costs');
  it.each([1, 2, 3, 4, 9, 20])(
    'cuts into %i runs, of which the most expensive costs as little as possible',
    (count) => {
      for (let round = 0; round < 20; round += 1) {
        const costs = Array.from({ length: 9 }, () =>
          random.int(0, 4) === 0 ? random.int(0, 900) : random.int(0, 90),
        );
        const runs = cutEvenly(costs, count);
        expect(
          runs.every((run, i) => run >= (runs[i - 1] ?? 0) && run < count),
          'in order, and no more than that',
        ).toBe(true);
        const loads = Array.from({ length: count }, (_, run) =>
          costs.reduce((sum, cost, i) => sum + (runs[i] === run ? cost : 0), 0),
        );
        expect(Math.max(...loads)).toBeCloseTo(leastCost(costs, count), 6);
      }
    },
  );

  it('cuts nothing, and what costs nothing', () => {
    expect(cutEvenly([], 3)).toEqual([]);
    expect(cutEvenly([0, 0], 3)).toEqual([0, 0]);
  });
});
