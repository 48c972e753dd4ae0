import { at, UserError } from '@shadow-gate/platform';
import { choiceLetter } from '../../forms/question.ts';
import { BBH_NAMES, bigBenchHard } from './big-bench-hard.ts';
import { type FieldNames, type KnownFields, OWN_FIELDS, renameFields } from './field-names.ts';
import { withLabels, withMappedLabels } from './labels.ts';
import { fieldPlace, type ProbeRecord, quote } from './records.ts';
import { refuseSeveralTargets, withIncorrectAnswers, withTargets } from './truthful-qa.ts';
import { valueAt } from './values.ts';

interface Benchmark extends KnownFields {
  /** Fields that identify the file; by default, those of the question, its choices and its answer. */
  readonly has?: readonly string[];
  /** Names of this program that the file may have too. With others, it means something else. */
  readonly mayHave?: string;
  /** Optional fields, for which a file may also have the usual names. */
  readonly also?: FieldNames;
}

/** Public benchmarks under the names that they have on the hub. The first that fits counts. */
const BENCHMARKS: readonly Benchmark[] = [
  // ARC, CommonsenseQA
  { names: { answer: 'answerKey' }, convert: withLabels },
  // ARC in a table whose header has the names of nested fields
  {
    has: ['question', 'choices.text', 'choices.label', 'answerKey'],
    names: { choices: 'choices.text', answer: 'answerKey' },
    convert: withLabels,
  },
  // OpenBookQA
  { names: { question: 'question_stem', answer: 'answerKey' }, convert: withLabels },
  // ARC, CommonsenseQA and OpenBookQA as they were published
  {
    names: { question: 'question.stem', choices: 'question.choices', answer: 'answerKey' },
    mayHave: 'question',
    convert: withLabels,
  },
  // HellaSwag
  { names: { question: 'ctx', choices: 'endings', answer: 'label' }, convert: withIndex },
  // PIQA
  { names: { question: 'goal', choices: ['sol1', 'sol2'], answer: 'label' }, convert: withIndex },
  // WinoGrande
  { names: { question: 'sentence', choices: ['option1', 'option2'], answer: 'answer' }, convert: withBlank },
  // TruthfulQA: its multiple choice, its questions to generate answers to, and both as its authors publish them
  { has: ['question', 'mc1_targets'], names: {}, convert: withTargets },
  { has: ['question', 'mc2_targets'], names: {}, convert: refuseSeveralTargets },
  {
    has: ['question', 'best_answer', 'incorrect_answers'],
    names: { answer: 'best_answer' },
    convert: withIncorrectAnswers,
  },
  {
    has: ['Question', 'Best Answer', 'Incorrect Answers'],
    names: { question: 'Question', answer: 'Best Answer' },
    convert: withIncorrectAnswers,
  },
  // MMLU-Pro
  {
    names: { choices: 'options', answer: 'answer_index' },
    mayHave: 'answer',
    also: { id: 'question_id', subject: 'category' },
    convert: (record, original) => withLetter(withoutFilling(withIndex(record)), original),
  },
  {
    names: { choices: 'options', answer: 'answer' },
    also: { id: 'question_id', subject: 'category' },
    convert: withoutFilling,
  },
];

const QUESTION_NAMES = ['question', 'choices', 'answer'] as const;

function identifyingFields({ names, has }: Benchmark): readonly string[] {
  return has ?? QUESTION_NAMES.flatMap((key) => names[key] ?? key);
}

/** Whether a field is read without a mapping, under this program's name or that of a public benchmark. */
export function isKnownField(name: string): boolean {
  return KNOWN.has(name) || /^(choice\d{1,2}|[A-Z])$/.test(name);
}

const KNOWN: ReadonlySet<string> = new Set(
  [
    ...OWN_FIELDS,
    ...BENCHMARKS.flatMap((known) => [...identifyingFields(known), ...namesIn(known.names), ...namesIn(known.also)]),
    ...namesIn(BBH_NAMES),
  ].flatMap((name) => [name, name.replace(/\..*$/, '')]),
);

function namesIn(names: FieldNames | undefined): string[] {
  return Object.values(names ?? {}).flatMap((name: string | readonly string[] | undefined) => name ?? []);
}

/** One of these columns identifies a header. */
export const KNOWN_QUESTIONS: readonly string[] = [...BENCHMARKS.map(({ names }) => names), BBH_NAMES].flatMap(
  ({ question = [] }) => question,
);

/** Fields of a public benchmark, by its first record; null for others. @throws UserError for a gap among choices */
function knownFields(records: readonly ProbeRecord[], file: string): KnownFields | null {
  const [first] = records;
  if (first === undefined) return null;
  const has = (name: string) => valueAt(first.fields, name, { cells: false }) !== undefined;
  if (has('form') || has('prompt')) return null;
  const benchmark = BENCHMARKS.find((known) => {
    const fields = identifyingFields(known);
    const others = QUESTION_NAMES.filter((name) => name !== known.mayHave && !fields.includes(name));
    return fields.every(has) && !others.some(has);
  });
  if (benchmark !== undefined) {
    const also = Object.entries(benchmark.also ?? {}).filter(([key, name]) => !has(key) && has(String(name)));
    return { ...benchmark, names: { ...benchmark.names, ...Object.fromEntries(also) } };
  }
  if (['input', 'target'].every(has) && !QUESTION_NAMES.some(has)) return bigBenchHard(records);
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

/** The answer is an index from 0, perhaps in quotes; -1 or nothing if a benchmark keeps its answers secret. */
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

/** The answer is 1 or 2. The sentence has one `_`, shown as a blank to fill in. */
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

/** Removes the `N/A` that fill choices of MMLU-Pro up to ten, unless one is the answer. */
function withoutFilling(record: ProbeRecord): ProbeRecord {
  const { choices, answer } = record.fields;
  if (!Array.isArray(choices)) return record;
  const isAnswer = (i: number) => answer === i || answer === choiceLetter(i);
  const count = choices.findLastIndex((choice, i) => choice !== 'N/A' || isAnswer(i)) + 1;
  return { ...record, fields: { ...record.fields, choices: choices.slice(0, count) } };
}

/** @throws UserError if `answer` is another letter than that of `answer_index` */
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

export interface NamedRecords {
  readonly records: readonly ProbeRecord[];
  /** One for each record that is left out. */
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

/** Published data sets have a few records that cannot be asked; a file with more is not what it seems. */
const MOST_OMITTED = 0.02;
