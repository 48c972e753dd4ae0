import {
  isInt,
  isList,
  isSpace,
  isTrue,
  literalEval,
  type PythonDict,
  PythonError,
  PythonTuple,
  type PythonValue,
  toText,
} from '@shadow-gate/python';
import type { DocumentFormat, Task } from './task.ts';
import { renderTemplate } from './task-template.ts';

export interface TaskContextOptions {
  readonly task: Task;
  /** Fields of the first document. */
  readonly fields: ReadonlySet<string>;
  /** Whether each choice has a context of its own (`doc_to_text` gives a number for the first document). */
  readonly multipleInput: boolean;
}

/** The text before an answer, or before each choice, as `fewshot_context` builds it without a chat template. */
export function renderContexts(
  document: PythonDict,
  examples: readonly PythonDict[],
  options: TaskContextOptions,
): { readonly shared: string } | { readonly each: readonly string[] } {
  const { task, multipleInput } = options;
  const source = documentSource(document, options);
  const description = fieldOrTemplate(task.description, document);
  const start = isTrue(description) ? expectText(description, 'description') : '';
  const before = start + examples.map((example) => exampleTurn(example, options)).join('');
  const prefix = prefixOf(source, options);
  if (!multipleInput) {
    const question = expectText(renderQuestion(task, source), 'doc_to_text');
    return { shared: before + question + delimited(question, prefix, task.targetDelimiter) };
  }
  const choices = renderChoices(task, source) ?? [];
  return { each: choices.map((choice) => before + choice + delimited(choice, prefix, '')) };
}

export function documentSource(
  document: PythonDict,
  { task, fields }: Pick<TaskContextOptions, 'task' | 'fields'>,
): DocumentSource {
  return { document, fields, hasChoices: task.docToChoice !== null };
}

/** `gen_prefix`: the prompt ends with the start of the answer. */
function prefixOf(source: DocumentSource, { task, fields }: TaskContextOptions): string {
  const { genPrefix } = task;
  if (genPrefix === null) return '';
  const { document } = source;
  const known = fields.has(genPrefix) ? document : new Map([...document].filter(([name]) => name !== genPrefix));
  const value = fieldOrTemplate(genPrefix, known);
  return isTrue(value) ? expectText(value, 'gen_prefix') : '';
}

function delimited(question: string, prefix: string, delimiter: string): string {
  return prefix !== '' && question !== '' && !touches(question, prefix) ? delimiter + prefix : prefix;
}

/** Whether there is white space where two texts meet. */
const touches = (left: string, right: string): boolean =>
  isSpace([...left].at(-1) ?? '') || isSpace([...right][0] ?? '');

/** A few-shot example with its answer, in its own format. */
function exampleTurn(document: PythonDict, options: TaskContextOptions): string {
  const format = options.task.fewshotFormat;
  const source = documentSource(document, options);
  let question = renderQuestion(format, source);
  let choices = renderChoices(format, source);
  const answer = renderTarget(format, source);
  const prefix = format.genPrefix ? fieldOrTemplate(format.genPrefix, document) : null;
  if (options.multipleInput) {
    question = choices?.[indexOf(question)] ?? null;
    choices = null;
  }
  const asked = expectText(question, 'doc_to_text of a few-shot example');
  const start = isTrue(prefix) ? expectText(prefix, 'gen_prefix of a few-shot example') : '';
  const { targetDelimiter, fewshotDelimiter } = format;
  if (answer === null || answer === '') return asked + delimited(asked, start, targetDelimiter);
  const text = expectText(answerText(answer, choices), 'doc_to_target of a few-shot example');
  const isDelimited = start === '' || (asked !== '' && !touches(asked, start));
  return asked + (isDelimited ? targetDelimiter : '') + joined(start, text) + fewshotDelimiter;
}

function answerText(answer: PythonValue, choices: readonly string[] | null): PythonValue {
  if (choices !== null && isInt(answer)) {
    const choice = choices.at(indexOf(answer));
    if (choice === undefined) throw new PythonError(`${toText(answer)} is no choice of a few-shot example`);
    return choice;
  }
  return isList(answer) ? (answer[0] ?? null) : answer;
}

function joined(prefix: string, text: string): string {
  if (prefix === '' || text === '') return prefix + text;
  return touches(prefix, text) ? prefix + text : `${prefix} ${text}`;
}

function indexOf(value: PythonValue): number {
  if (typeof value === 'number') return value;
  if (typeof value === 'boolean') return Number(value);
  throw new PythonError(`${toText(value)} is no index of a choice`);
}

function expectText(value: PythonValue, what: string): string {
  if (typeof value !== 'string') throw new PythonError(`${what} gives ${toText(value)}, which is not text`);
  return value;
}

export interface DocumentSource {
  readonly document: PythonDict;
  /** Fields of the split that is asked. */
  readonly fields: ReadonlySet<string>;
  readonly hasChoices: boolean;
}

/** `doc_to_text`: text, or a number if each choice has a context of its own. */
export function renderQuestion({ docToText }: DocumentFormat, source: DocumentSource): PythonValue {
  if (typeof docToText === 'number') return docToText;
  const field = fieldOf(docToText, source);
  if (field !== undefined) return field;
  const text = renderTemplate(docToText, source.document);
  return source.hasChoices && isDigits(text) ? literalEval(text) : text;
}

/** `doc_to_target`: an index, a text, or a list of them. */
export function renderTarget({ docToTarget }: DocumentFormat, source: DocumentSource): PythonValue {
  if (typeof docToTarget !== 'string') return docToTarget;
  const field = fieldOf(docToTarget, source);
  if (field !== undefined) return field;
  const text = renderTemplate(docToTarget, source.document);
  if (source.hasChoices && isDigits(text)) return literalEval(text);
  if ([...text].length < 2 || !text.startsWith('[') || !text.endsWith(']')) return text;
  try {
    return literalEval(text);
  } catch (error) {
    if (error instanceof PythonError) return text;
    throw error;
  }
}

/** `doc_to_choice`, null without one. @throws PythonError unless it is a list of texts */
export function renderChoices({ docToChoice }: DocumentFormat, source: DocumentSource): readonly string[] | null {
  if (docToChoice === null) return null;
  const value =
    typeof docToChoice !== 'string'
      ? docToChoice
      : (fieldOf(docToChoice, source) ?? literalEval(renderTemplate(docToChoice, source.document)));
  const list = value instanceof PythonTuple ? value.items : value;
  if (!isList(list) || list.length === 0) throw new PythonError('doc_to_choice gives no list');
  return list.map((choice) => {
    if (typeof choice !== 'string') throw new PythonError(`the choice ${toText(choice)} is not text`);
    return choice;
  });
}

/** `gen_prefix` and `description`: a field or a template. */
function fieldOrTemplate(text: string, document: PythonDict): PythonValue {
  return document.has(text) ? (document.get(text) ?? null) : renderTemplate(text, document);
}

/** The value of a named field; undefined for other names. */
function fieldOf(name: string, { document, fields }: DocumentSource): PythonValue | undefined {
  if (!fields.has(name)) return undefined;
  const value = document.get(name);
  if (value === undefined) throw new PythonError(`the field ${name} is missing`);
  return value;
}

/** `str.isdigit`: a digit that is not a number of Python then fails, as it does there. */
const isDigits = (text: string): boolean => /^[\p{Nd}\u00b2\u00b3\u00b9\u2070\u2074-\u2079\u2080-\u2089]+$/u.test(text);
