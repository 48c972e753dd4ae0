import { UserError } from '@shadow-gate/platform';
import { type BenchmarkForms, type ChoiceRecord, choiceLetter, type ExactRecord } from '../../forms/question.ts';
import { answerKind, rightAnswerText, type Wording } from '../../item.ts';
import { formsWith } from '../asking.ts';
import { type LocatedItem, toItem } from '../fields/item-fields.ts';
import type { NamedRecords } from '../fields/known-fields.ts';
import { type ProbeRecord, quote } from '../fields/records.ts';
import { groupPairedItems } from '../group-twins.ts';
import { type Questions, readChoiceRecord, readExactRecord } from '../questions.ts';
import { type DeriveOptions, deriveItems } from '../twins.ts';
import { verbatimChoice, verbatimProblem } from './verbatim-form.ts';

export interface AskedDocument {
  readonly record: ProbeRecord;
  /** Verbatim. */
  readonly wording: Wording;
}

export interface AskedTask {
  readonly name: string;
  readonly documents: readonly AskedDocument[];
  /** Whether prompts, and so those of twins, are already chat messages. */
  readonly chatTemplate: boolean | null;
  readonly warnings: readonly string[];
}

interface AskedOptions extends DeriveOptions {
  readonly path: string;
  readonly isGroup: boolean;
  /** Documents under the names that this program knows. @throws UserError for those that it does not know */
  readonly nameFields: (records: readonly ProbeRecord[]) => NamedRecords;
  /** Whether the policy names the fields of the question and its answer: then they have to be there. */
  readonly isMapped: boolean;
}

/** Documents in the words of their harness, with twins made of their fields, or a warning if they give none. */
export function askedItems({ documents, name }: AskedTask, options: AskedOptions): ReturnType<typeof deriveItems> {
  const plain = documents.map((document) => benchmarkOnly(document, name));
  if (options.isGroup) return { located: groupPairedItems(plain), warnings: [] };
  let asked: ReturnType<typeof questionsOf>;
  try {
    asked = questionsOf(documents, name, options);
  } catch (error) {
    if (!(error instanceof UserError) || options.isMapped) throw error;
    const why = `${error.problem}; without it, documents give no twins: map their fields, or list a file with twins-of`;
    return { located: plain, warnings: [why] };
  }
  return deriveItems(asked.questions, asked.forms, options);
}

function idOf({ record }: AskedDocument, name: string): string {
  return `${name}:${record.line}`;
}

function benchmarkOnly(document: AskedDocument, name: string): LocatedItem {
  const { record, wording } = document;
  const { subject } = record.fields;
  const family = typeof subject === 'string' && subject.trim() !== '' ? subject : name;
  const { where, passage } = record;
  const identity = { id: idOf(document, name), where, capability: 'benchmark', family, passage };
  return toItem(identity, { form: 'benchmark', cluster: 'exam' }, wording);
}

function questionsOf(
  documents: readonly AskedDocument[],
  name: string,
  { nameFields }: AskedOptions,
): { readonly questions: Questions; readonly forms: BenchmarkForms } {
  const wordings = new Map(documents.map((document) => [idOf(document, name), document.wording]));
  const named = nameFields(documents.map(({ record }) => record));
  const [left] = named.warnings;
  if (left !== undefined) throw new UserError(left, 'correct it');
  // Ids of documents may be missing or not unique.
  const withId = (record: ProbeRecord) => ({ ...record, fields: { ...record.fields, id: `${name}:${record.line}` } });
  const records = named.records.map(withId);
  const wordingOf = ({ id }: { readonly id: string }): Wording => {
    const wording = wordings.get(id);
    if (wording === undefined) throw new Error(`document ${id} is of no task`);
    return wording;
  };
  const forms = formsWith(
    (question) => verbatimChoice(wordingOf(question), question),
    (problem) => verbatimProblem(wordingOf(problem), problem),
  );
  if (records.some(({ fields }) => Object.hasOwn(fields, 'choices'))) {
    const questions = records.map((record) => readChoiceRecord(record, ''));
    for (const question of questions) expectSameChoice(wordingOf(question), question);
    return { questions: { kind: 'choice', records: questions }, forms };
  }
  const choice = documents.find(({ wording }) => wording.question.kind === 'choice');
  if (choice !== undefined) throw new UserError(`${choice.record.where}: it has no choices`, 'map its fields');
  const problems = records.map((record) => readExactRecord(record, ''));
  for (const problem of problems) expectSameNumber(wordingOf(problem), problem);
  return { questions: { kind: 'exact', records: problems }, forms };
}

const HINT = 'map the fields that are the question and its answer';

/**
 * Twins take the right answer from the document, and the benchmark form from the harness: the two must agree. Finds an
 * index from 1 that is read as one from 0. @throws UserError with the line
 */
function expectSameChoice(asked: Wording, record: ChoiceRecord): void {
  const right = rightIndex(asked, record.choices);
  if (right === null || right === record.answer) return;
  throw new UserError(
    `${record.where}: the harness takes choice ${choiceLetter(right)} for the right one, and its fields ${choiceLetter(record.answer)}`,
    HINT,
  );
}

/** The choice that is right for the harness; null if that is unclear. */
function rightIndex(asked: Wording, choices: readonly string[]): number | null {
  const { question } = asked;
  if (question.kind === 'choice' && answerKind(asked) === 'label') {
    return question.choices.length === choices.length ? question.answer : null;
  }
  const text = rightAnswerText(asked).trim();
  const [place, another] = choices.flatMap((choice, i) => (choice === text ? [i] : []));
  if (place !== undefined) return another === undefined ? place : null;
  const letter = /^[([]?(?<letter>[A-Z])[)\].:]?$/.exec(text)?.groups?.letter;
  const index = letter === undefined ? -1 : letter.charCodeAt(0) - 'A'.charCodeAt(0);
  return question.kind === 'exact' && index >= 0 && index < choices.length ? index : null;
}

/** @throws UserError with the line if the number in the fields of a problem is not that of the harness */
function expectSameNumber({ question }: Wording, { numeric, target, where }: ExactRecord): void {
  if (question.kind !== 'exact' || !numeric) return;
  const own = question.target.replace(/[$,\s]/g, '');
  if (own === '' || !Number.isFinite(Number(own)) || Number(own) === Number(target)) return;
  throw new UserError(
    `${where}: the right answer of the harness is ${quote(own)}, and that of its fields ${target}`,
    HINT,
  );
}
