import { z } from 'zod';
import { fromOniguruma } from '../regex/oniguruma.ts';

export const oneCharacter = z.string().refine((text) => [...text].length === 1, { error: 'is not one character' });

/** A pattern to search for: a string, or an Oniguruma expression. */
export const patternSchema = z.union([z.strictObject({ String: z.string() }), z.strictObject({ Regex: z.string() })]);
type Pattern = z.infer<typeof patternSchema>;

/** @throws Error for an expression that cannot be expressed in JavaScript */
export function compilePattern(pattern: Pattern): RegExp {
  return 'String' in pattern ? fromString(pattern.String) : fromOniguruma(pattern.Regex);
}

/** A regular expression with the flag `g` that finds a string. @throws Error for the empty string */
function fromString(text: string): RegExp {
  if (text === '') throw new Error('a pattern is empty');
  const escaped = [...text].map((character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`);
  return new RegExp(escaped.join(''), 'gu');
}
