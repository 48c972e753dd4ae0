import { UserError } from '@shadow-gate/platform';
import { plainIssue, validateFields } from '@shadow-gate/platform/json';
import { z } from 'zod';

/** A record of a probe file, before its keys are checked. */
export interface ProbeRecord {
  /** First line, counted from 1. */
  readonly line: number;
  /** `FILE:12`, for errors. */
  readonly where: string;
  readonly fields: Readonly<Record<string, unknown>>;
  /** Names in the file of fields that were renamed. */
  readonly names?: Readonly<Record<string, string>>;
  /** Shared with other records, by the field that the policy names. */
  readonly passage?: string;
}

/** `FILE:12: label`, for errors. */
export function fieldPlace({ where, names }: Pick<ProbeRecord, 'where' | 'names'>, field: string): string {
  return `${where}: ${nameIn(names, field)}`;
}

function nameIn(names: ProbeRecord['names'], field: string): string {
  return names !== undefined && Object.hasOwn(names, field) ? (names[field] ?? field) : field;
}

const LONGEST_QUOTE = 60;

/** A value on one line, shortened for an error message. */
export function quote(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > LONGEST_QUOTE ? `${text.slice(0, LONGEST_QUOTE)}…` : text;
}

export function mustBe(what: string) {
  return { error: ({ input }: { input?: unknown }) => (input === undefined ? 'is missing' : `must be ${what}`) };
}

export const oneOf = (values: readonly string[]) => mustBe(values.map((value) => JSON.stringify(value)).join(' or '));

export const textSchema = z
  .string(mustBe('text'))
  .refine((text) => !/\p{Surrogate}/u.test(text), { error: 'has half a surrogate pair, which is not valid text' })
  .refine((text) => !text.includes('\0'), { error: 'contains a NUL character' })
  .refine((text) => text.trim() !== '', { error: 'is empty' });

/** White space at the end of a prompt would be scored with the answer. */
export const verbatimSchema = textSchema.refine((text) => text === text.trimEnd(), {
  error: 'ends with white space, which would be scored with the answer: remove it',
});

/** Text that is scored as `" " + text`, or compared. */
export const answerTextSchema = verbatimSchema.refine((text) => text === text.trimStart(), {
  error: 'begins with white space, but a space is added before it anyway: remove it',
});

/** JSON.parse has already rounded a larger number, perhaps to the number of another record. */
const numberSchema = z.number().refine((value) => !Number.isInteger(value) || Number.isSafeInteger(value), {
  error: 'has too many digits for a number: give it as text, in quotes',
});

/** Text, or a number as text: the ids `1` and `"1"` are the same. */
export const textOrNumberSchema = z.union([textSchema, numberSchema], mustBe('text or a number')).transform(String);

/** Null means missing: many programs write it. */
export const optional = <T extends z.ZodType>(schema: T) => schema.nullish().transform((value) => value ?? undefined);

/** A list of a thousand numbers has a thousand mistakes. */
const MAX_ISSUES = 3;

/** Check the fields of a record; others are ignored. @throws UserError in one line */
export function parseFields<T>(record: ProbeRecord, schema: z.ZodType<T>, hint: string): T {
  const parsed = validateFields(schema, record.fields);
  if (parsed.success) return parsed.data;
  const { issues } = parsed;
  const problems = issues.slice(0, MAX_ISSUES).map(({ path: [field, ...inner], message }) => {
    const name = typeof field === 'string' ? nameIn(record.names, field) : field;
    return [...(name === undefined ? [] : [name]), ...inner, plainIssue(message)].join(': ');
  });
  const more = issues.length > MAX_ISSUES ? `; and ${issues.length - MAX_ISSUES} more` : '';
  throw new UserError(`${record.where}: ${problems.join('; ')}${more}`, hint);
}
