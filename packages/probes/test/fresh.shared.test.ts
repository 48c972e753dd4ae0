import { expect, it } from 'vitest';
import { freshItems } from '../src/fresh.ts';
import { atLevels, builtinSuite } from '../src/suite.ts';

const whole = builtinSuite(1);
const LEVEL = 4;
const suite = atLevels(
  whole,
  (whole.levels ?? []).map((family) => ({ ...family, asked: [LEVEL] })),
);
const question = (prompt: string) => prompt.slice(prompt.lastIndexOf('\n\n')).trim();

it('fresh questions are exam questions of the levels of a suite, in equal shares, and none of the suite', () => {
  const items = freshItems(suite, 5);
  const asked = new Set(suite.items.map(({ prompt }) => question(prompt)));
  expect(items.filter(({ prompt }) => asked.has(question(prompt)))).toEqual([]);
  expect(new Set(items.map(({ form, level }) => `${form} ${level}`))).toEqual(new Set([`benchmark ${LEVEL}`]));
  const shares: Record<string, number> = {};
  for (const { family } of items) shares[family] = (shares[family] ?? 0) + 1;
  expect(Object.keys(shares)).toHaveLength(6);
  expect(Math.max(...Object.values(shares))).toBe(16);
});

it('another seed asks others, the same seed the same', () => {
  const ids = (seed: number) => freshItems(suite, seed).map(({ prompt }) => prompt);
  const [five, six] = [ids(5), ids(6)];
  expect(ids(5)).toEqual(five);
  expect(five.filter((prompt) => six.includes(prompt)).length).toBeLessThan(20);
});

it('there are none before levels are chosen, and none for a file', () => {
  expect(freshItems(whole, 5)).toEqual([]);
  expect(freshItems({ ...suite, version: null }, 5)).toEqual([]);
});
