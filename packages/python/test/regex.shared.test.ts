import { compileRegex, escapeRegex, findAll, replaceAll, strip } from '@shadow-gate/python';
import { describe, expect, it } from 'vitest';
import { fixture, readJson } from '../../../test/fixtures.ts';

/**
 * Made by `make_answer_rules.py` with Python's `re`: for each pattern and text the matches, `[start, end, …groups]`.
 */
const golden = readJson<{
  readonly texts: readonly string[];
  readonly patterns: Readonly<Record<string, readonly (readonly [number, number, ...(string | null)[]])[][]>>;
  readonly refused: readonly string[];
  readonly strip: readonly string[];
  readonly escape: readonly string[];
}>(fixture('python-regex.json'));
const { texts: answerTexts } = readJson<{ readonly texts: readonly string[] }>(fixture('answer-rules.json'));

describe('a regular expression of Python', () => {
  it.each(Object.entries(golden.patterns))('%s finds what Python finds', (pattern, expected) => {
    const regex = compileRegex(pattern);
    const found = golden.texts.map((text) =>
      regex.findMatches(text).map(({ start, end, groups }) => [start, end, ...groups.map((group) => group ?? null)]),
    );
    expect(found).toEqual(expected);
  });

  it.each(golden.refused)('%s is refused: JavaScript has no equal, or Python does not read it either', (pattern) => {
    expect(() => compileRegex(pattern)).toThrow(/^the regular expression ".*" (?!cannot be written)/);
  });

  it('gives the groups of findall, and replaces a number of matches', () => {
    expect(findAll(compileRegex('(a)|(b)'), 'abc')).toEqual([
      ['a', ''],
      ['', 'b'],
    ]);
    expect(findAll(compileRegex('(a)?b'), 'b ab')).toEqual(['', 'a']);
    expect(replaceAll(compileRegex('x*'), 'axb', () => '-')).toBe('-a--b-');
    expect(replaceAll(compileRegex('.'), 'abc', ({ text }) => text.toUpperCase(), 2)).toBe('ABc');
  });
});

describe('texts of Python', () => {
  const texts = [...answerTexts, ...golden.texts];
  it('are stripped of what Python takes as white space', () => {
    expect(texts.map(strip)).toEqual(golden.strip);
  });

  it('are escaped as re.escape does', () => {
    expect(texts.map(escapeRegex)).toEqual(golden.escape);
  });
});
