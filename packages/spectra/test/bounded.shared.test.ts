import {
  bounded,
  certainDifference,
  difference,
  increasing,
  type MaybeBounded,
  quotient,
  relativeWidth,
} from '@shadow-gate/spectra/bounded';
import { expect, it } from 'vitest';

const between = (value: number, low: number, high: number): MaybeBounded => ({ value, low, high });

it('counts only the part of a difference that the bounds leave certain, and none where they overlap', () => {
  expect(certainDifference(5, 3)).toBe(2);
  expect(certainDifference(between(5, 4, 6), between(2, 1, 3))).toBe(1);
  expect(certainDifference(between(2, 1, 3), between(5, 4, 6))).toBe(-1);
  expect(certainDifference(between(5, 3, 7), 4)).toBe(0);
  expect(difference(between(5, 4, 6), between(2, 1, 3))).toBe(3);
  expect(difference(between(5, 3, 7), 4)).toBe(0);
  expect(difference(0.3, 0.1)).toBe(0.3 - 0.1);
});

/** null for no values; no list here has an even count. */
const median = (values: readonly number[]): number | null =>
  [...values].sort((a, b) => a - b)[values.length >> 1] ?? null;

it('bounds a median and a quotient whatever the true numbers between the bounds are', () => {
  const items = [between(1, 0.5, 4), between(2, 1.5, 2.5), 3];
  expect(increasing(items, (values) => median(values))).toEqual({ value: 2, low: 1.5, high: 3 });
  expect(increasing([1, 2, 3], (values) => median(values))).toBe(2);
  expect(increasing([], (values) => median(values))).toBe(null);
  expect(quotient(between(6, 5, 8), between(2, 1, 4))).toEqual({ value: 3, low: 5 / 4, high: 8 });
  expect(quotient(6, 2)).toBe(3);
});

it('takes the middle as the value, and puts bounds in order that rounding has swapped', () => {
  expect(bounded(1, 4)).toEqual({ value: 2.5, low: 1, high: 4 });
  expect(bounded(4, 1)).toEqual({ value: 2.5, low: 1, high: 4 });
});

it('measures the width of bounds relative to the value, and the plain width around zero', () => {
  expect(relativeWidth({ value: 2, low: 1.5, high: 2.5 })).toBe(0.5);
  expect(relativeWidth({ value: 0, low: -1, high: 1 })).toBe(2);
});
