import { z } from 'zod';
import { fromString } from './regex/from-string.ts';
import { fromOniguruma } from './regex/oniguruma.ts';

/** What is searched for in a text: a string, or a regular expression of Oniguruma. */
export const patternSchema = z.union([z.strictObject({ String: z.string() }), z.strictObject({ Regex: z.string() })]);
export type Pattern = z.infer<typeof patternSchema>;

/** @throws Error for an expression that cannot be expressed in JavaScript */
export function regexOf(pattern: Pattern): RegExp {
  return 'String' in pattern ? fromString(pattern.String) : fromOniguruma(pattern.Regex);
}
