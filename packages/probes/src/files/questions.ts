import { UserError } from '@shadow-gate/platform';
import { z } from 'zod';
import { FINAL, finalPart } from '../exact-answer.ts';
import {
  type ChoiceRecord,
  choiceLetter,
  type ExactRecord,
  type QuestionIdentity,
  repeatsChoice,
} from '../forms/question.ts';
import { typeAnswers, typeQuotedAnswers } from './csv-answers.ts';
import type { FieldNames } from './fields/field-names.ts';
import { attributesOf, QUESTION_FIELDS } from './fields/item-fields.ts';
import {
  fieldPlace,
  mustBe,
  optional,
  type ProbeRecord,
  parseFields,
  quote,
  textOrNumberSchema,
  textSchema,
} from './fields/records.ts';

const FORMATS = {
  choice: 'a question with choices',
  exact: 'a question without choices',
  paired: 'a benchmark form or twin',
} as const;

type Format = keyof typeof FORMATS;

const FORMAT_HINT =
  'give {"question", "choices", "answer"}, {"question", "answer"} or {"id", "capability", "form", "twin_of", "prompt", …}';

/** The one format of all records. @throws UserError with the first line that has none, or another one */
export function recognizeFormat(records: readonly ProbeRecord[], file: string): Format {
  const [first] = records;
  if (!first) throw new UserError(`${file} has no records`, FORMAT_HINT);
  const format = formatOf(first);
  for (const record of records) {
    const other = formatOf(record);
    if (other === format) continue;
    throw new UserError(
      `${record.where}: ${FORMATS[other]}, but ${first.where} is ${FORMATS[format]}`,
      'correct the keys of that line, or use one file for each format',
    );
  }
  return format;
}

function formatOf({ fields, where }: ProbeRecord): Format {
  if ('form' in fields || ('prompt' in fields && !('question' in fields))) return 'paired';
  if ('question' in fields) return 'choices' in fields ? 'choice' : 'exact';
  throw new UserError(`${where}: neither "question" nor "prompt"`, FORMAT_HINT);
}

export type Questions =
  | { readonly kind: 'choice'; readonly records: readonly ChoiceRecord[] }
  | { readonly kind: 'exact'; readonly records: readonly ExactRecord[] };

export interface RecordsPlace {
  readonly file: string;
  /** Ids of records without one begin with it. */
  readonly stem: string;
}

/**
 * Checked questions, and a warning about each unusual one.
 * @param cells whether values are cells, which have no type
 * @throws UserError with the line and the field
 */
export function readQuestions(
  records: readonly ProbeRecord[],
  { file: path, stem }: RecordsPlace,
  { cells, fields }: { readonly cells: boolean; readonly fields?: FieldNames | undefined },
): Questions & { readonly warnings: readonly string[] } {
  const defaultId = ({ line }: ProbeRecord) => `${stem}:${line}`;
  if (recognizeFormat(records, path) === 'exact') {
    const problems = records.map((record) => readExactRecord(record, defaultId(record)));
    return { kind: 'exact', records: problems, warnings: [] };
  }
  const type = cells ? typeAnswers : fields === undefined ? null : typeQuotedAnswers;
  const typed = type === null ? { records, warnings: [] } : type(records, path);
  const questions = typed.records.map((record) => readChoiceRecord(record, defaultId(record)));
  const repeated = questions
    .filter(repeatsChoice)
    .map(({ where }) => `${where}: choices: two are the same; they count as one where the text is the answer`);
  return { kind: 'choice', records: questions, warnings: [...typed.warnings, ...repeated] };
}

const commonFields = { ...QUESTION_FIELDS, subject: optional(textSchema) };

function identityOf(
  { where, passage }: ProbeRecord,
  fields: { readonly [Key in 'id' | 'capability' | 'family' | 'subject']?: string | undefined },
  defaultId: string,
): QuestionIdentity {
  const { id = defaultId, capability = 'benchmark', subject = capability, family = subject } = fields;
  return { ...attributesOf(fields), where, id, capability, family, passage };
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

/** @throws UserError with the line and the field */
export function readChoiceRecord(record: ProbeRecord, defaultId: string): ChoiceRecord {
  const { question, choices: given, answer: written, ...fields } = parseFields(record, choiceSchema, CHOICE_HINT);
  const choices = given.map((choice) => choice.trim());
  const answer = answerIndex(written, choices, fieldPlace(record, 'answer'));
  if (new Set(choices).size < 2) {
    throw new UserError(`${fieldPlace(record, 'choices')}: all are ${quote(choices[0])}`, CHOICE_HINT);
  }
  return { ...identityOf(record, fields, defaultId), question: question.trim(), choices, answer };
}

/** A longer answer without `####` is probably an explanation that was cut off. */
const LONGEST_SHORT_ANSWER = 64;

const EXACT_HINT = 'give {"question": text, "answer": text that ends with "#### 42", or a number or short text}';

const exactSchema = z.object({ ...commonFields, question: textSchema, answer: textOrNumberSchema });

/** @throws UserError with the line and the field */
export function readExactRecord(record: ProbeRecord, defaultId: string): ExactRecord {
  const { question, answer, ...fields } = parseFields(record, exactSchema, EXACT_HINT);
  return {
    ...identityOf(record, fields, defaultId),
    question: question.trim(),
    ...normalizeTarget(shortAnswer(answer, fieldPlace(record, 'answer'))),
    solution: answer.includes(FINAL) ? answer : null,
  };
}

function shortAnswer(answer: string, place: string): string {
  const text = finalPart(answer);
  const refuse = (problem: string) => new UserError(`${place}: ${problem}`, EXACT_HINT);
  if (text === '') throw refuse('nothing after "####"');
  if (text.includes('\n')) throw refuse('more than one line, and no "####" before the last');
  if (text.length <= LONGEST_SHORT_ANSWER) return text;
  throw refuse(`${text.length} characters are more than ${LONGEST_SHORT_ANSWER}`);
}

/** Writes numbers in one way: without `$`, without commas between thousands, with an ASCII minus. */
function normalizeTarget(text: string): Pick<ExactRecord, 'target' | 'numeric'> {
  const number = text.replace(/[$,]/g, '').replace('\u2212', '-').replace(/\s+/g, '');
  const numeric = /^[-+]?(\d+(\.\d+)?|\.\d+)$/.test(number);
  return { target: numeric ? number : text, numeric };
}

/** @throws UserError for an answer that is out of range, is not a choice, or can be read in two ways */
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
