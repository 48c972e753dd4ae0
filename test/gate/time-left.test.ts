import { expect, test } from 'vitest';
import { timeLeft } from '../../src/gate/time-left.ts';

test('the rest takes as long as its cost says, by the speed so far; what was free says nothing of that', () => {
  let now = 0;
  const left = timeLeft([10, 30, 60, 100], () => now);
  expect(left.seconds()).toBe(null);
  now += 5;
  left.finish(3, true);
  expect(left.seconds()).toBe(null);
  now += 2000;
  left.finish(0, false);
  expect(left.seconds()).toBe(18);
  now += 4000;
  left.finish(1, false);
  expect(left.seconds()).toBeCloseTo(9);
  left.finish(2, false);
  expect(left.seconds()).toBe(0);
});
