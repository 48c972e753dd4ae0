import { UserError } from '@shadow-gate/platform';
import { plainIssue, validateFields } from '@shadow-gate/platform/json';
import { z } from 'zod';
import { FINAL, finalPart } from './final-part.ts';

/** One record of a probe file, before its keys are checked. */
export interface ProbeRecord {
  /** Where it begins, counted from 1. */
  readonly line: number;
  /** `FILE:12`, for errors. */
  readonly where: string;
  readonly fields: Readonly<Record<string, unknown>>;
  /** What the file calls fields that were renamed. */
  readonly names?: Readonly<Record<string, string>>;
  /** What it shares with other records, by the field that the policy names. */
  readonly passage?: string;
}

/** `FILE:12: label`, the place of a field, for errors. */
export function fieldPlace({ where, names }: Pick<ProbeRecord, 'where' | 'names'>, field: string): string {
  return `${where}: ${nameIn(names, field)}`;
}

function nameIn(names: ProbeRecord['names'], field: string): string {
  return names !== undefined && Object.hasOwn(names, field) ? (names[field] ?? field) : field;
}

const LONGEST_QUOTE = 60;

/** A value as an error message shows it: on one line, and shortened. */
export function quote(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > LONGEST_QUOTE ? `${text.slice(0, LONGEST_QUOTE)}…` : text;
}

/** The zod error for a value that is missing or of another type. */
export function mustBe(what: string) {
  return { error: ({ input }: { input?: unknown }) => (input === undefined ? 'is missing' : `must be ${what}`) };
}

/** Text that is not empty. */
export const textSchema = z
  .string(mustBe('text'))
  .refine((text) => !/\p{Surrogate}/u.test(text), { error: 'has half a surrogate pair, which is not valid text' })
  .refine((text) => !text.includes('\0'), { error: 'contains a NUL character' })
  .refine((text) => text.trim() !== '', { error: 'is empty' });

/** Text that is used as it is: white space at its end would be scored with the answer. */
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

/** The capability of a record that does not name one. */
const DEFAULT_CAPABILITY = 'benchmark';

/** A field that may be missing, or null: programs write null for what is missing. */
const optional = <T extends z.ZodType>(schema: T) => schema.nullish().transform((value) => value ?? undefined);

/** The optional fields of both formats that have no twins yet. */
const commonFields = {
  id: optional(textOrNumberSchema),
  capability: optional(textSchema),
  family: optional(textSchema),
  subject: optional(textSchema),
};

/** A list of a thousand numbers has a thousand mistakes. */
const MAX_ISSUES = 3;

/**
 * Check the fields of a record. Unknown keys are allowed, since benchmark files carry all sorts of them.
 * @throws UserError in one line
 */
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

/** Nothing where it names none. */
export function passageOf({ passage }: { readonly passage?: string | undefined }): { readonly passage?: string } {
  return passage === undefined ? {} : { passage };
}

/** A multiple-choice question as in MMLU, checked. */
export interface ChoiceRecord {
  readonly where: string;
  readonly id: string;
  readonly capability: string;
  readonly family: string;
  readonly passage?: string;
  /** Without white space around it, like the choices. */
  readonly question: string;
  readonly choices: readonly string[];
  /** Index of the right choice. */
  readonly answer: number;
}

/**
 * Whether two choices are the same, as in some rows of MMLU. The exam form is kept as it is, and its letters can be
 * told apart; but a twin must not depend on which of the two is the answer.
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
    .array(textSchema, mustBe('a list of texts'))
    .min(2, { error: 'fewer than two' })
    .max(MAX_CHOICES, { error: `more than ${MAX_CHOICES}` }),
  answer: z.union([z.string(), z.number()], mustBe('an index, a letter or the text of a choice')),
});

/**
 * @param defaultId for a record without one
 * @throws UserError with the line and the field
 */
export function readChoiceRecord(record: ProbeRecord, defaultId: string): ChoiceRecord {
  const fields = parseFields(record, choiceSchema, CHOICE_HINT);
  const { id = defaultId, capability = DEFAULT_CAPABILITY, subject = capability, family = subject } = fields;
  const { where } = record;
  const choices = fields.choices.map((choice) => choice.trim());
  const answer = answerIndex(fields.answer, choices, fieldPlace(record, 'answer'));
  if (new Set(choices).size < 2) {
    throw new UserError(`${fieldPlace(record, 'choices')}: all are ${quote(choices[0])}`, CHOICE_HINT);
  }
  return { where, id, capability, family, ...passageOf(record), question: fields.question.trim(), choices, answer };
}

/** A question with a final answer as in GSM8K, checked. */
export interface ExactRecord {
  readonly where: string;
  readonly id: string;
  readonly capability: string;
  readonly family: string;
  readonly passage?: string;
  /** Without white space around it. */
  readonly question: string;
  readonly target: string;
  /** Whether the target is a number. */
  readonly numeric: boolean;
  /** The answer with its steps, as it is in the file; null for one without `####`. */
  readonly solution: string | null;
}

/** A longer answer without `####` is probably an explanation whose end was cut off. */
const LONGEST_SHORT_ANSWER = 64;

const EXACT_HINT = 'give {"question": text, "answer": text that ends with "#### 42", or a number or short text}';

const exactSchema = z.object({ ...commonFields, question: textSchema, answer: textOrNumberSchema });

/**
 * @param defaultId for a record without one
 * @throws UserError with the line and the field
 */
export function readExactRecord(record: ProbeRecord, defaultId: string): ExactRecord {
  const fields = parseFields(record, exactSchema, EXACT_HINT);
  const { id = defaultId, capability = DEFAULT_CAPABILITY, subject = capability, family = subject } = fields;
  const { where } = record;
  const question = fields.question.trim();
  const solution = fields.answer.includes(FINAL) ? fields.answer : null;
  return {
    where,
    id,
    capability,
    family,
    ...passageOf(record),
    question,
    ...normalizeTarget(finalAnswer(fields.answer, fieldPlace(record, 'answer'))),
    solution,
  };
}

/** The text after the last `####`, or all of it. */
function finalAnswer(answer: string, place: string): string {
  const text = finalPart(answer);
  if (text === '') throw new UserError(`${place}: nothing after "####"`, EXACT_HINT);
  if (text.includes('\n')) {
    throw new UserError(`${place}: more than one line, and no "####" before the last`, EXACT_HINT);
  }
  if (text.length > LONGEST_SHORT_ANSWER) {
    throw new UserError(`${place}: ${text.length} characters are more than ${LONGEST_SHORT_ANSWER}`, EXACT_HINT);
  }
  return text;
}

/** Numbers are written in one way: without `$`, without commas between thousands, with an ASCII minus. */
function normalizeTarget(text: string): Pick<ExactRecord, 'target' | 'numeric'> {
  const number = text.replace(/[$,]/g, '').replace('\u2212', '-').replace(/\s+/g, '');
  const numeric = /^[-+]?(\d+(\.\d+)?|\.\d+)$/.test(number);
  return { target: numeric ? number : text, numeric };
}

/**
 * The index of a choice, given as an index from 0, as a letter, or as the text of the choice.
 * @throws UserError if it is out of range, is not a choice, or can be read in two ways
 */
function answerIndex(answer: string | number, choices: readonly string[], place: string): number {
  if (typeof answer === 'number') return checkIndex(answer, choices.length, place);
  const text = answer.trim();
  const letter = /^[A-Z]$/.test(text) ? text.charCodeAt(0) - 'A'.charCodeAt(0) : -1;
  const meanings = new Set(choices.flatMap((choice, index) => (choice === text ? [index] : [])));
  if (letter >= 0 && letter < choices.length) meanings.add(letter);
  const [index, other] = meanings;
  if (index === undefined) {
    const problem = letter >= 0 ? `the letter ${text} is out of range` : `${quote(text)} is not one of the choices`;
    throw new UserError(`${place}: ${problem}`, indexHint(choices.length));
  }
  if (other !== undefined) {
    const [first, second] = [index, other].sort((a, b) => a - b);
    throw new UserError(
      `${place}: ${quote(text)} can mean choice ${first} or choice ${second}`,
      'give the index as a number',
    );
  }
  return index;
}

/** @throws UserError unless it is an index of one of `count` choices */
export function checkIndex(answer: number, count: number, place: string): number {
  if (Number.isInteger(answer) && answer >= 0 && answer < count) return answer;
  throw new UserError(`${place}: ${answer} is out of range`, indexHint(count));
}

function indexHint(count: number): string {
  return `give an index from 0 to ${count - 1}, a letter from A to ${choiceLetter(count - 1)}, or the text of a choice`;
}

/** The label of a choice in an exam: A for 0. */
export function choiceLetter(index: number): string {
  return String.fromCharCode('A'.charCodeAt(0) + index);
}
