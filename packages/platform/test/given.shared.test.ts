import { expect, it } from 'vitest';
import { given } from '../src/given.ts';

it('leaves out what is undefined, and nothing else, in the order of the keys', () => {
  const made = given({ b: 1, a: undefined, c: null, d: 0, e: '' });
  expect(Object.entries(made)).toEqual([
    ['b', 1],
    ['c', null],
    ['d', 0],
    ['e', ''],
  ]);
});

it('has an optional key for what may be undefined', () => {
  const seedOf = (text: string): number | undefined => (text === '' ? undefined : Number(text));
  const made: { readonly name: string; readonly seed?: number } = given({ name: 'a', seed: seedOf('') });
  expect(made).toEqual({ name: 'a' });
});
