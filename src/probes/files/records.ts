import { z } from 'zod';
import { UserError } from '../../platform/user-error.ts';

/** One record of a probe file, before anything is known of its keys but that they are there. */
export interface ProbeRecord {
  /** Where it begins, counted from 1. */
  readonly line: number;
  /** `FILE:12`, for errors. */
  readonly where: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

const LONGEST_QUOTE = 60;

/** A value as an error prints it: on one line, and cut where it is long. */
export function quote(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > LONGEST_QUOTE ? `${text.slice(0, LONGEST_QUOTE)}…` : text;
}

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

/** A multiple-choice question as MMLU has them, read and checked. */
export interface ChoiceRecord {
  readonly where: string;
  readonly id: string;
  readonly capability: string;
  readonly family: string;
  /** Without white space around it, as are the choices. */
  readonly question: string;
  readonly choices: readonly string[];
  /** Index of the right one. */
  readonly answer: number;
}

/**
 * Does a choice stand there twice? MMLU has such rows. The exam form is what it is, and its letters can be told
 * apart; but a twin must not depend on which of the two is meant.
 */
export function repeatsChoice({ choices }: Pick<ChoiceRecord, 'choices'>): boolean {
  return new Set(choices).size < choices.length;
}

/** As many as there are letters. */
const MAX_CHOICES = 26;

const CHOICE_HINT =
  'give {"question": text, "choices": [text, text, …], "answer": index from 0, letter or text of a choice}';

const choiceSchema = z.object({
  ...commonFields,
  question: textSchema,
  choices: z
    .array(textSchema, expected('a list of texts'))
    .min(2, { error: 'fewer than two' })
    .max(MAX_CHOICES, { error: `more than ${MAX_CHOICES}` }),
  answer: z.union([z.string(), z.number()], expected('an index, a letter or the text of a choice')),
});

/**
 * @param defaultId for a record without one
 * @throws UserError with line, field and mend
 */
export function readChoiceRecord(record: ProbeRecord, defaultId: string): ChoiceRecord {
  const {
    id,
    capability = DEFAULT_CAPABILITY,
    family,
    subject,
    question,
    ...rest
  } = parseFields(record, choiceSchema, CHOICE_HINT);
  const { where } = record;
  const choices = rest.choices.map((choice) => choice.trim());
  const answer = answerIndex(rest.answer, choices, where);
  if (new Set(choices).size < 2) throw new UserError(`${where}: choices: all are ${quote(choices[0])}`, CHOICE_HINT);
  return {
    where,
    id: id ?? defaultId,
    capability,
    family: family ?? subject ?? capability,
    question: question.trim(),
    choices,
    answer,
  };
}

/** A question with a final answer as GSM8K has them, read and checked. */
export interface ExactRecord {
  readonly where: string;
  readonly id: string;
  readonly capability: string;
  readonly family: string;
  /** Without white space around it. */
  readonly question: string;
  readonly target: string;
  /** Is the target a number? */
  readonly numeric: boolean;
}

/** Longer than that, an answer without `####` is an explanation that lost its end. */
const LONGEST_SHORT_ANSWER = 64;

const EXACT_HINT = 'give {"question": text, "answer": text that ends with "#### 42", or a number or short text}';

const exactSchema = z.object({
  ...commonFields,
  question: textSchema,
  answer: textOrNumberSchema,
});

/**
 * @param defaultId for a record without one
 * @throws UserError with line, field and mend
 */
export function readExactRecord(record: ProbeRecord, defaultId: string): ExactRecord {
  const {
    id,
    capability = DEFAULT_CAPABILITY,
    family,
    subject,
    question,
    answer,
  } = parseFields(record, exactSchema, EXACT_HINT);
  const { target, numeric } = normalise(finalAnswer(answer, record.where));
  return {
    where: record.where,
    id: id ?? defaultId,
    capability,
    family: family ?? subject ?? capability,
    question: question.trim(),
    target,
    numeric,
  };
}

/** What stands after the last `####`, else the whole. */
function finalAnswer(answer: string, where: string): string {
  const mark = answer.lastIndexOf('####');
  const text = (mark === -1 ? answer : answer.slice(mark + 4)).trim();
  if (text === '') throw new UserError(`${where}: answer: nothing after "####"`, EXACT_HINT);
  if (text.includes('\n'))
    throw new UserError(`${where}: answer: more than one line, and no "####" before the last`, EXACT_HINT);
  if (text.length > LONGEST_SHORT_ANSWER) {
    throw new UserError(
      `${where}: answer: ${text.length} characters are more than ${LONGEST_SHORT_ANSWER}`,
      EXACT_HINT,
    );
  }
  return text;
}

/** Numbers are written in one way: without `$`, without commas between thousands, with the minus of the keyboard. */
function normalise(text: string): { target: string; numeric: boolean } {
  const number = text.replace(/[$,]/g, '').replace('\u2212', '-').replace(/\s+/g, '');
  const numeric = /^[-+]?(\d+(\.\d+)?|\.\d+)$/.test(number);
  return { target: numeric ? number : text, numeric };
}

/**
 * The index that an answer means: a number is an index from 0; text is the letter of a choice, or the choice itself.
 * @throws UserError for one out of range, one that is no choice, and one that can be read in two ways
 */
export function answerIndex(answer: string | number, choices: readonly string[], where: string): number {
  if (typeof answer === 'number') return checkIndex(answer, choices.length, where);
  const text = answer.trim();
  const letter = /^[A-Z]$/.test(text) ? text.charCodeAt(0) - 'A'.charCodeAt(0) : -1;
  const meant = new Set(choices.flatMap((choice, index) => (choice === text ? [index] : [])));
  if (letter >= 0 && letter < choices.length) meant.add(letter);
  const [index, other] = meant;
  if (index === undefined) {
    const problem = letter >= 0 ? `the letter ${text} is out of range` : `${quote(text)} is no choice`;
    throw new UserError(`${where}: answer: ${problem}`, range(choices.length));
  }
  if (other !== undefined) {
    const [first, second] = [index, other].sort((a, b) => a - b);
    throw new UserError(
      `${where}: answer: ${quote(text)} may be choice ${first} or choice ${second}`,
      'give the index as a number',
    );
  }
  return index;
}

/** @throws UserError for what is no index of `count` choices */
export function checkIndex(answer: number, count: number, where: string): number {
  if (Number.isInteger(answer) && answer >= 0 && answer < count) return answer;
  throw new UserError(`${where}: answer: ${answer} is out of range`, range(count));
}

function range(count: number): string {
  return `there are ${count} choices: give an index from 0 to ${count - 1}, a letter from A to ${letterOf(count - 1)}, or the text of a choice`;
}

/** The label of a choice in an exam: A for 0. */
export function letterOf(index: number): string {
  return String.fromCharCode('A'.charCodeAt(0) + index);
}
