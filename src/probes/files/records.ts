import { z } from 'zod';
import { UserError } from '../../platform/user-error.ts';
import type { ProbeRecord } from './probe-record.ts';

const LONE_SURROGATE = /\p{Surrogate}/u;

/** What a value should be, said for one that is missing and one of another type. */
export function expected(what: string) {
  return { error: ({ input }: { input?: unknown }) => (input === undefined ? 'is missing' : `must be ${what}`) };
}

function isText(text: string): boolean {
  return !LONE_SURROGATE.test(text);
}
const NO_TEXT = { error: 'has half a surrogate pair: no text' };
const NO_NUL = { error: 'holds a NUL character' };

/** Text with something in it. */
export const textSchema = z
  .string(expected('text'))
  .refine(isText, NO_TEXT)
  .refine((text) => !text.includes('\0'), NO_NUL)
  .refine((text) => text.trim() !== '', { error: 'is empty' });

/** Text that is used as it stands: white space at its end would be scored with the answer. */
export const verbatimSchema = textSchema.refine((text) => text === text.trimEnd(), {
  error: 'ends with white space, which would be part of what is scored: remove it',
});

/** Scored as `" " + text`, or compared: no white space of its own. */
export const answerTextSchema = verbatimSchema.refine((text) => text === text.trimStart(), {
  error: 'begins with white space, but a blank is put before it: remove it',
});

/** JSON.parse has rounded it by now, and perhaps to the number of another record. */
const numberSchema = z.number().refine((value) => !Number.isInteger(value) || Number.isSafeInteger(value), {
  error: 'has more digits than a number keeps: give it as text, in quotes',
});

/** Text, or a number as text. */
export const textOrNumberSchema = z.union([textSchema, numberSchema], expected('text or a number')).transform(String);

/** `1` and `"1"` are the same. */
export const idSchema = textOrNumberSchema;

/** What a record without a capability is filed under. */
export const DEFAULT_CAPABILITY = 'benchmark';

/** What both kinds of questions may say of themselves. */
export const commonFields = {
  id: idSchema.optional(),
  capability: textSchema.optional(),
  family: textSchema.optional(),
  subject: textSchema.optional(),
};

/** A list of a thousand numbers has a thousand mistakes. */
const MOST_ISSUES = 3;

/** Keys that a format does not know are no matter: benchmark files carry all sorts. @throws UserError in one line */
export function parseFields<T>(record: ProbeRecord, schema: z.ZodType<T>, mend: string): T {
  const parsed = schema.safeParse(record.fields);
  if (parsed.success) return parsed.data;
  const { issues } = parsed.error;
  const said = issues.slice(0, MOST_ISSUES).map(({ path, message }) => [...path, message].join(': '));
  const more = issues.length > MOST_ISSUES ? `; and ${issues.length - MOST_ISSUES} more` : '';
  throw new UserError(`${record.where}: ${said.join('; ')}${more}`, mend);
}
