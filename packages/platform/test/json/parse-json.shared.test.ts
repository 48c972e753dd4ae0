import { parseJson } from '@shadow-gate/platform/json';
import { describe, expect, it } from 'vitest';
import { MAX_JSON_DEPTH } from '../../src/json/parse-json.ts';

const SOURCE = { name: 'a.json', hint: 'restore it' };
const parse = (text: string) => parseJson(text, SOURCE);
const userError = (message: RegExp) =>
  expect.objectContaining({ name: 'UserError', message: expect.stringMatching(message) });

describe('foreign JSON', () => {
  it.each([
    ['lists', '['.repeat(200_000)],
    ['lists that end', '['.repeat(200_000) + ']'.repeat(200_000)],
    ['objects', '{"a":'.repeat(200_000)],
    ['lists inside of a valid file', `{"a": ${'['.repeat(500)}${']'.repeat(500)}}`],
  ])('that nests too deeply is refused in one line: %s', (_, text) => {
    expect(() => parse(text)).toThrow(userError(/^a\.json nests deeper than 128 levels .* — restore it$/));
  });

  it('is read up to that depth, whatever brackets its strings hold', () => {
    const brackets = `"${'[{'.repeat(1000)}\\"${'['.repeat(1000)}\\\\"`;
    const text = `${'['.repeat(MAX_JSON_DEPTH)}${brackets}${']'.repeat(MAX_JSON_DEPTH)}`;
    expect(parse(text)).toEqual(JSON.parse(text));
  });

  it('of little but brackets is refused before it takes twenty times its size in memory', () => {
    const text = `[${'[],'.repeat(10_000_000)}[]]`;
    expect(() => parse(text)).toThrow(userError(/^a\.json has too many values: they would take about \d+ MiB/));
  });

  it('with a syntax error is refused with the line', () => {
    expect(() => parse('{"a": 1\n\n"b": 2}')).toThrow(userError(/^a\.json is not JSON \(line 3\) — restore it$/));
    expect(() => parse('')).toThrow(userError(/^a\.json is not JSON — restore it$/));
    expect(() => parse('"never closed \\"')).toThrow(userError(/^a\.json is not JSON/));
  });
});
