import { expect, it } from 'vitest';
import { gini } from '../src/gini.ts';

it('the Gini coefficient is 0 for equal shares, (n − 1)/n if one has all, 0.25 for 1 and 3', () => {
  expect(gini([2, 2, 2])).toBeCloseTo(0, 15);
  expect(gini([0, 0, 0, 5])).toBeCloseTo(3 / 4, 15);
  expect(gini([3, 1])).toBeCloseTo(0.25, 15);
  expect(gini([0, 0])).toBeNull();
});
