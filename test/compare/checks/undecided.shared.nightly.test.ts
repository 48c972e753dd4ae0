import { expect, it } from 'vitest';
import { expectSameOfAll } from './screened.ts';

/** After those of `undecided.shared.test.ts`. */
const FIRST = 1001;
const PAIRS = 1500;

it('a check that screens first finds what one with full spectra finds, of many random pairs', () => {
  const { found, left, all } = expectSameOfAll(FIRST, PAIRS);
  expect(found).toBeGreaterThan(PAIRS / 10);
  expect(left / all).toBeGreaterThan(0.2);
});
