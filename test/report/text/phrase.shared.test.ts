import { expect, it } from 'vitest';
import { code, listed, name, phrase, plain, renderPhrase } from '../../../src/report/text/phrase.ts';

it('a phrase keeps foreign text apart, however phrases are nested', () => {
  const where = phrase` of ${name('layer 0')}`;
  const whole = phrase`The rank${where} fell; see ${code('--values')}.`;
  expect(whole).toEqual([
    'The rank',
    ' of ',
    { kind: 'name', text: 'layer 0' },
    ' fell; see ',
    { kind: 'code', text: '--values' },
    '.',
  ]);
  expect(renderPhrase(whole, ({ text }) => `<${text}>`)).toBe('The rank of <layer 0> fell; see <--values>.');
  expect(plain(whole)).toBe('The rank of layer 0 fell; see --values.');
});

it('an empty phrase leaves no hole in a sentence', () => {
  expect(phrase`Twin accuracy${[]} dropped.`).toEqual(['Twin accuracy', ' dropped.']);
});

it('a list names some things and counts the rest', () => {
  const items = [[name('a')], [name('b')]];
  expect(plain(listed(items, 2))).toBe('a; b');
  expect(plain(listed(items, 5))).toBe('a; b; and 3 more');
});
