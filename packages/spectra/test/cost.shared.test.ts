import { expect, it } from 'vitest';
import { loraCost, matrixCost } from '../src/cost.ts';

/** Shapes of a Llama model of 7 billion parameters, the smallest first. */
const SHAPES = [
  [1024, 1024],
  [4096, 1024],
  [4096, 4096],
  [11008, 4096],
  [32000, 4096],
] as const;

it.each(['exact', 'fast'] as const)(
  'expects a larger matrix to take longer, so that shards are balanced: %s',
  (method) => {
    const costs = SHAPES.map((shape) => matrixCost(shape, method));
    expect(costs).toEqual([...costs].sort((a, b) => a - b));
    expect(new Set(costs).size).toBe(SHAPES.length);
  },
);

it('expects a matrix and its transpose to take equally long', () => {
  for (const method of ['exact', 'fast'] as const) {
    expect(matrixCost([4096, 11008], method)).toBe(matrixCost([11008, 4096], method));
  }
});

it('expects bounds of a large matrix to take less time than all of its singular values', () => {
  for (const size of [2048, 4096, 8192, 16384]) {
    for (const ratio of [1, 2, 4, 8]) {
      const shape = [size, ratio * size] as const;
      expect(matrixCost(shape, 'fast'), shape.join(' × ')).toBeLessThan(matrixCost(shape, 'exact'));
    }
  }
});

it('expects an adapter to take far less time than the dense update of the same shape', () => {
  expect(loraCost([4096, 4096], 16)).toBeLessThan(matrixCost([4096, 4096], 'fast') / 100);
  expect(loraCost([4096, 4096], 64)).toBeGreaterThan(loraCost([4096, 4096], 16));
});
