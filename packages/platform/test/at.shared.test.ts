import { at } from '@shadow-gate/platform';
import { expect, it } from 'vitest';

it('returns the element at an index inside the array', () => {
  expect(at(['a', 'b'], 1)).toBe('b');
  expect(at(new Float64Array([0.5, Number.NaN]), 1)).toBeNaN();
  expect(at([undefined], 0)).toBeUndefined();
});

it.each([-1, 2, 0.5, Number.NaN])('throws for the index %s instead of returning undefined', (index) => {
  expect(() => at([1, 2], index)).toThrow(RangeError);
  expect(() => at(new Float32Array(2), index)).toThrow(`Index ${index} is outside an array of 2 elements`);
});
