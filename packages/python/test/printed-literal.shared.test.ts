import { parsePrintedLiteral } from '@shadow-gate/python';
import { describe, expect, it } from 'vitest';
import { fixture, readJson } from '../../../test/fixtures.ts';

const LITERALS = readJson<ReadonlyArray<{ text: string; value: unknown }>>(
  fixture('probes', 'tables', 'literals.json'),
);

describe('a literal of Python', () => {
  it.each(LITERALS.map(({ text, value }) => [text.slice(0, 60), text, value] as const))(
    'as Python or numpy printed it: %s',
    (_, text, value) => expect(parsePrintedLiteral(text)).toEqual(value),
  );

  it.each([
    '',
    'a',
    "'a",
    "['a'",
    "['a''b']",
    "['a',, 'b']",
    "['a'] x",
    "{'a'}",
    "{'a': 1 'b': 2}",
    '{1: 2}',
    "['a' ... 'b']",
    "array(['a']",
    "array(['a'], dtype=object",
    "print('a')",
    "__import__('os')",
    "['\\u12']",
    '1_000',
    `${'['.repeat(10)}${']'.repeat(10)}`,
  ])('rejects what is not a literal: %s', (text) => expect(parsePrintedLiteral(text)).toBeUndefined());
});
