import { at } from '../../platform/at.ts';
import { UserError } from '../../platform/user-error.ts';
import type { FieldNames } from './field-names.ts';
import { letterOf, type ProbeRecord, placeOf, quote } from './records.ts';

/** The names of a public benchmark's fields, and how it gives its answers. */
export interface KnownFields {
  readonly names: FieldNames;
  /** A record with its new names, as this program writes one. The second argument is the record as it is in the file. */
  readonly convert: (record: ProbeRecord, original: ProbeRecord) => ProbeRecord;
}

interface Benchmark extends KnownFields {
  readonly has: readonly string[];
  /** With one of these, the file means something else. */
  readonly hasNot: readonly string[];
}

/** Public benchmarks under the names that they have on the hub. */
const BENCHMARKS: readonly Benchmark[] = [
  // ARC, CommonsenseQA
  {
    has: ['question', 'choices', 'answerKey'],
    hasNot: ['answer'],
    names: { answer: 'answerKey' },
    convert: withLabels,
  },
  // OpenBookQA
  {
    has: ['question_stem', 'choices', 'answerKey'],
    hasNot: ['question', 'answer'],
    names: { question: 'question_stem', answer: 'answerKey' },
    convert: withLabels,
  },
  // HellaSwag
  {
    has: ['ctx', 'endings', 'label'],
    hasNot: ['question', 'choices', 'answer'],
    names: { question: 'ctx', choices: 'endings', answer: 'label' },
    convert: withIndex,
  },
  // PIQA
  {
    has: ['goal', 'sol1', 'sol2', 'label'],
    hasNot: ['question', 'choices', 'answer'],
    names: { question: 'goal', choices: ['sol1', 'sol2'], answer: 'label' },
    convert: withIndex,
  },
  // WinoGrande
  {
    has: ['sentence', 'option1', 'option2', 'answer'],
    hasNot: ['question', 'choices'],
    names: { question: 'sentence', choices: ['option1', 'option2'], answer: 'answer' },
    convert: withBlank,
  },
  // MMLU-Pro
  {
    has: ['question', 'options', 'answer_index'],
    hasNot: ['choices'],
    names: { choices: 'options', answer: 'answer_index' },
    convert: (record, original) => withLetter(withIndex(record), original),
  },
  {
    has: ['question', 'options', 'answer'],
    hasNot: ['choices'],
    names: { choices: 'options', answer: 'answer' },
    convert: (record) => record,
  },
];

/** Names of columns by one of which a header is known. */
export const KNOWN_QUESTIONS: readonly string[] = ['question_stem', 'ctx', 'goal', 'sentence'];

/** The names of fields of a public benchmark, by the first of its records; null for other files. */
export function knownFields(records: readonly ProbeRecord[]): KnownFields | null {
  const [first] = records;
  if (first === undefined) return null;
  const has = (name: string) => Object.hasOwn(first.fields, name);
  if (has('form') || has('prompt')) return null;
  const benchmark = BENCHMARKS.find((benchmark) => benchmark.has.every(has) && !benchmark.hasNot.some(has));
  if (benchmark !== undefined || !has('question') || has('choices')) return benchmark ?? null;
  const choices = choiceNames(records);
  return choices === null ? null : { names: { choices }, convert: (record) => record };
}

/** `choice0`, `choice1`, … or `A`, `B`, … up to the last one of any record: the columns of a table, as objects. */
function choiceNames(records: readonly ProbeRecord[]): readonly string[] | null {
  const names = new Set(records.flatMap(({ fields }) => Object.keys(fields)));
  const numbers = [...names].flatMap((name) =>
    /^choice\d{1,2}$/.test(name) ? [Number(name.slice('choice'.length))] : [],
  );
  if (numbers.length > 1) return Array.from({ length: Math.max(...numbers) + 1 }, (_, i) => `choice${i}`);
  if (!names.has('A') || !names.has('B')) return null;
  const last =
    [...names]
      .filter((name) => /^[A-Z]$/.test(name))
      .sort()
      .at(-1) ?? 'B';
  return Array.from({ length: last.charCodeAt(0) - 'A'.charCodeAt(0) + 1 }, (_, i) => letterOf(i));
}

/** The right choice is named by one of the labels of `choices: {text: [...], label: [...]}`, which can be numbers from 1. */
function withLabels(record: ProbeRecord): ProbeRecord {
  const { choices, answer } = record.fields;
  const place = placeOf(record, 'answer');
  if (!isLabeled(choices)) {
    if (!/^\s*\d+\s*$/.test(String(answer))) return record;
    throw new UserError(
      `${place}: ${quote(answer)} is a number, and the choices have no labels`,
      'give the letter of the choice',
    );
  }
  const { text, label } = choices;
  if (text.length !== label.length) {
    throw new UserError(
      `${placeOf(record, 'choices')}: ${text.length} texts, but ${label.length} labels`,
      'give one label for each text',
    );
  }
  if (answer === undefined) return { ...record, fields: { ...record.fields, choices: text } };
  const index = label.map(String).indexOf(String(answer).trim());
  if (index === -1 || new Set(label.map(String)).size < label.length) {
    const problem = index === -1 ? `${quote(answer)} is none of the labels` : 'two choices have the same label among';
    throw new UserError(`${place}: ${problem} ${quote(label)}`, 'give the label of the right choice');
  }
  return { ...record, fields: { ...record.fields, choices: text, answer: index } };
}

function isLabeled(choices: unknown): choices is { readonly text: unknown[]; readonly label: unknown[] } {
  if (typeof choices !== 'object' || choices === null || !('text' in choices) || !('label' in choices)) return false;
  return Array.isArray(choices.text) && Array.isArray(choices.label);
}

/** The answer is an index from 0, in quotes or not; -1, or nothing, where a benchmark keeps its answers secret. */
function withIndex(record: ProbeRecord): ProbeRecord {
  const { answer } = record.fields;
  if (answer === undefined) return record;
  if (/^\s*\d+\s*$/.test(String(answer))) return { ...record, fields: { ...record.fields, answer: Number(answer) } };
  throw notAnswer(record, 'an index from 0');
}

function notAnswer(record: ProbeRecord, expected: string): UserError {
  return new UserError(
    `${placeOf(record, 'answer')}: ${quote(record.fields.answer)} is not ${expected}`,
    'use a split that has answers: test splits often have none',
  );
}

/** The answer is 1 or 2, and the sentence has one `_`, which is shown as a blank to fill in. */
function withBlank(record: ProbeRecord): ProbeRecord {
  const { question, answer } = record.fields;
  if (answer !== undefined && !/^\s*[12]\s*$/.test(String(answer))) throw notAnswer(record, '1 or 2');
  if (typeof question !== 'string') return record;
  const parts = question.split(/_+/);
  if (parts.length !== 2) {
    throw new UserError(
      `${placeOf(record, 'question')}: ${parts.length - 1} blanks`,
      'write one _ where the option belongs',
    );
  }
  const index = answer === undefined ? {} : { answer: Number(answer) - 1 };
  return { ...record, fields: { ...record.fields, question: parts.join('____'), ...index } };
}

/** @throws UserError where `answer` is another letter than that of `answer_index` */
function withLetter(record: ProbeRecord, { fields: { answer: letter } }: ProbeRecord): ProbeRecord {
  const { answer: index } = record.fields;
  if (typeof index !== 'number' || letter === undefined || letter === letterOf(index)) return record;
  const { choices } = record.fields;
  if (Array.isArray(choices) && index < choices.length && at(choices, index) === letter) return record;
  throw new UserError(
    `${placeOf(record, 'answer')}: ${index} is ${letterOf(index)}, but answer is ${quote(letter)}`,
    'correct one of the two',
  );
}
