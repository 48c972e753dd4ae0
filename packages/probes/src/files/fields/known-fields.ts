import { at, UserError } from '@shadow-gate/platform';
import { choiceLetter } from '../../forms/question.ts';
import { BBH_NAMES, bigBenchHard } from './big-bench-hard.ts';
import { type FieldNames, type KnownFields, OWN_FIELDS, renameFields } from './field-names.ts';
import { withLabels, withMappedLabels } from './labels.ts';
import { fieldPlace, type ProbeRecord, quote } from './records.ts';
import { refuseSeveralTargets, withIncorrectAnswers, withTargets } from './truthful-qa.ts';
import { valueAt } from './values.ts';

interface Benchmark extends KnownFields {
  readonly has: readonly string[];
  /** With one of these, the file means something else. */
  readonly hasNot: readonly string[];
  /** Names of fields that a file may leave out, and does where it has the usual ones. */
  readonly also?: FieldNames;
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
  // ARC in a table whose header has the names of nested fields
  {
    has: ['question', 'choices.text', 'choices.label', 'answerKey'],
    hasNot: ['choices', 'answer'],
    names: { choices: 'choices.text', answer: 'answerKey' },
    convert: withLabels,
  },
  // OpenBookQA
  {
    has: ['question_stem', 'choices', 'answerKey'],
    hasNot: ['question', 'answer'],
    names: { question: 'question_stem', answer: 'answerKey' },
    convert: withLabels,
  },
  // ARC, CommonsenseQA and OpenBookQA as they were published
  {
    has: ['question.stem', 'question.choices', 'answerKey'],
    hasNot: ['choices', 'answer'],
    names: { question: 'question.stem', choices: 'question.choices', answer: 'answerKey' },
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
  // TruthfulQA: its multiple choice, its questions to generate answers to, and both as its authors publish them
  {
    has: ['question', 'mc1_targets'],
    hasNot: ['choices', 'answer'],
    names: {},
    convert: withTargets,
  },
  {
    has: ['question', 'mc2_targets'],
    hasNot: ['choices', 'answer', 'mc1_targets'],
    names: {},
    convert: refuseSeveralTargets,
  },
  {
    has: ['question', 'best_answer', 'incorrect_answers'],
    hasNot: ['choices', 'answer'],
    names: { answer: 'best_answer' },
    convert: withIncorrectAnswers,
  },
  {
    has: ['Question', 'Best Answer', 'Incorrect Answers'],
    hasNot: ['question', 'choices', 'answer'],
    names: { question: 'Question', answer: 'Best Answer' },
    convert: withIncorrectAnswers,
  },
  // MMLU-Pro
  {
    has: ['question', 'options', 'answer_index'],
    hasNot: ['choices'],
    names: { choices: 'options', answer: 'answer_index' },
    also: { id: 'question_id', subject: 'category' },
    convert: (record, original) => withLetter(withoutFilling(withIndex(record)), original),
  },
  {
    has: ['question', 'options', 'answer'],
    hasNot: ['choices'],
    names: { choices: 'options', answer: 'answer' },
    also: { id: 'question_id', subject: 'category' },
    convert: withoutFilling,
  },
];

/** Whether a field is read without a mapping, under this program's name or that of a public benchmark. */
export function isKnownField(name: string): boolean {
  return KNOWN.has(name) || /^(choice\d{1,2}|[A-Z])$/.test(name);
}

const KNOWN: ReadonlySet<string> = new Set(
  [
    ...OWN_FIELDS,
    ...BENCHMARKS.flatMap(({ has, hasNot, names, also }) => [...has, ...hasNot, ...namesIn(names), ...namesIn(also)]),
    ...namesIn(BBH_NAMES),
  ].flatMap((name) => [name, name.replace(/\..*$/, '')]),
);

function namesIn(names: FieldNames | undefined): string[] {
  return Object.values(names ?? {}).flatMap((name: string | readonly string[] | undefined) => name ?? []);
}

/** Names of columns by one of which a header is known. */
export const KNOWN_QUESTIONS: readonly string[] = [
  'question_stem',
  'ctx',
  'goal',
  'sentence',
  'Question',
  'input',
  'question.stem',
];

/**
 * Names of the fields of a public benchmark, by its first record; null for other files.
 * @throws UserError for a gap among choices
 */
function knownFields(records: readonly ProbeRecord[], file: string): KnownFields | null {
  const [first] = records;
  if (first === undefined) return null;
  const has = (name: string) => valueAt(first.fields, name, { cells: false }) !== undefined;
  if (has('form') || has('prompt')) return null;
  const benchmark = BENCHMARKS.find((benchmark) => benchmark.has.every(has) && !benchmark.hasNot.some(has));
  if (benchmark === undefined && ['input', 'target'].every(has) && !['question', 'choices', 'answer'].some(has)) {
    return bigBenchHard(records);
  }
  if (benchmark !== undefined) {
    const also = Object.entries(benchmark.also ?? {}).filter(([key, name]) => !has(key) && has(String(name)));
    return { ...benchmark, names: { ...benchmark.names, ...Object.fromEntries(also) } };
  }
  if (!has('question') || has('choices')) return null;
  const choices = choiceNames(records, file);
  return choices === null ? null : { names: { choices }, convert: (record) => record };
}

/** `choice0`, `choice1`, … or `A`, `B`, … up to the last one of any record: the columns of a table, as objects. */
function choiceNames(records: readonly ProbeRecord[], file: string): readonly string[] | null {
  const names = new Set(records.flatMap(({ fields }) => Object.keys(fields)));
  const found = [...names].filter((name) => /^choice\d{1,2}$/.test(name));
  const letters = names.has('A') && names.has('B') ? [...names].filter((name) => /^[A-Z]$/.test(name)) : [];
  const last = Math.max(...found.map((name) => Number(name.slice('choice'.length))));
  const end = [...letters].sort().at(-1)?.charCodeAt(0) ?? 0;
  const expected =
    found.length > 1
      ? Array.from({ length: last + 1 }, (_, i) => `choice${i}`)
      : Array.from({ length: Math.max(0, end - 'A'.charCodeAt(0) + 1) }, (_, i) => choiceLetter(i));
  const missing = expected.find((name) => !names.has(name));
  if (missing === undefined) return expected.length > 0 ? expected : null;
  throw new UserError(
    `${file}: no record has ${quote(missing)}, but one has ${quote(expected.at(-1))}`,
    'name the fields of the choices choice0, choice1, … or A, B, …, or map them in the policy (fields)',
  );
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
    `${fieldPlace(record, 'answer')}: ${quote(record.fields.answer)} is not ${expected}`,
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
      `${fieldPlace(record, 'question')}: ${parts.length - 1} blanks`,
      'write one _ where the option belongs',
    );
  }
  const index = answer === undefined ? {} : { answer: Number(answer) - 1 };
  return { ...record, fields: { ...record.fields, question: parts.join('____'), ...index } };
}

/** Without the `N/A` that fill places of MMLU-Pro up to ten, unless it is the answer. */
function withoutFilling(record: ProbeRecord): ProbeRecord {
  const { choices, answer } = record.fields;
  if (!Array.isArray(choices)) return record;
  const isAnswer = (i: number) => answer === i || answer === choiceLetter(i);
  const count = choices.findLastIndex((choice, i) => choice !== 'N/A' || isAnswer(i)) + 1;
  return { ...record, fields: { ...record.fields, choices: choices.slice(0, count) } };
}

/** @throws UserError where `answer` is another letter than that of `answer_index` */
function withLetter(record: ProbeRecord, { fields: { answer: letter } }: ProbeRecord): ProbeRecord {
  const { answer: index } = record.fields;
  if (typeof index !== 'number' || letter === undefined || letter === choiceLetter(index)) return record;
  const { choices } = record.fields;
  if (Array.isArray(choices) && index < choices.length && at(choices, index) === letter) return record;
  throw new UserError(
    `${fieldPlace(record, 'answer')}: ${index} is ${choiceLetter(index)}, but answer is ${quote(letter)}`,
    'correct one of the two',
  );
}

/** Records under the names that this program knows, and a line about each that was left out. */
export interface NamedRecords {
  readonly records: readonly ProbeRecord[];
  readonly warnings: readonly string[];
}

/** Records under the names that this program knows, by the policy or by those of a public benchmark. */
export function nameFields(
  records: readonly ProbeRecord[],
  { file, cells, fields }: { readonly file: string; readonly cells: boolean; readonly fields: FieldNames | undefined },
): NamedRecords {
  if (fields !== undefined) {
    return { records: renameFields(records, fields, { file, cells }).map(withMappedLabels), warnings: [] };
  }
  const known = knownFields(records, file);
  if (known === null) return { records, warnings: [] };
  const converted = renameFields(records, known.names, { file, cells }).map((record, i) =>
    known.convert(record, at(records, i)),
  );
  const omitted = converted.flatMap((record) => ('omitted' in record ? [record.omitted] : []));
  const [first] = omitted;
  if (first !== undefined && omitted.length > MOST_OMITTED * records.length) {
    throw new UserError(`${first} (${omitted.length} records of ${records.length} cannot be asked)`, 'correct them');
  }
  return {
    records: converted.flatMap((record) => ('omitted' in record ? [] : [record])),
    warnings: omitted.map((reason) => `${reason}; the record is left out`),
  };
}

/** Published data sets have a few records that cannot be asked; where there are more, the file is not what it seems. */
const MOST_OMITTED = 0.02;
