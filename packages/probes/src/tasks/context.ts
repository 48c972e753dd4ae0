import {
  isInt,
  isList,
  isSpace,
  isTrue,
  type PythonDict,
  PythonError,
  type PythonValue,
  toText,
} from '@shadow-gate/python';
import {
  type DocumentSource,
  fieldOrTemplate,
  renderChoices,
  renderQuestion,
  renderTarget,
} from './render-document.ts';
import type { DocumentFormat, Task } from './task.ts';

/** What is known about a task and its documents, apart from the document itself. */
export interface TaskContextOptions {
  readonly task: Task;
  readonly fields: ReadonlySet<string>;
  /** Whether each choice has a context of its own (`doc_to_text` gives a number for the first document). */
  readonly multipleInput: boolean;
}

/** The text before an answer, or one for each choice, as `fewshot_context` builds it without a chat template. */
export function renderContexts(
  document: PythonDict,
  examples: readonly PythonDict[],
  options: TaskContextOptions,
): { readonly shared: string } | { readonly each: readonly string[] } {
  const { task, multipleInput } = options;
  const source = documentSource(document, options);
  const description = fieldOrTemplate(task.description, source);
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

/** `gen_prefix`: the start of the answer, which the prompt gives. */
function prefixOf(source: DocumentSource, { task, fields }: TaskContextOptions): string {
  const { genPrefix } = task;
  if (genPrefix === null) return '';
  const value = fieldOrTemplate(
    genPrefix,
    fields.has(genPrefix) ? source : { document: withoutKey(source.document, genPrefix) },
  );
  return isTrue(value) ? expectText(value, 'gen_prefix') : '';
}

const withoutKey = (document: PythonDict, key: string): PythonDict =>
  new Map([...document].filter(([name]) => name !== key));

function delimited(question: string, prefix: string, delimiter: string): string {
  return prefix !== '' && question !== '' && !touches(question, prefix) ? delimiter + prefix : prefix;
}

/** Whether there is white space where two texts meet. */
const touches = (left: string, right: string): boolean =>
  isSpace([...left].at(-1) ?? '') || isSpace([...right][0] ?? '');

/** A few-shot example with its answer, in its own format. */
function exampleTurn(document: PythonDict, options: TaskContextOptions): string {
  const format: DocumentFormat = options.task.fewshotFormat;
  const source = documentSource(document, options);
  let question = renderQuestion(format, source);
  let choices = renderChoices(format, source);
  const answer = renderTarget(format, source);
  const prefix =
    format.genPrefix === null || format.genPrefix === '' ? null : fieldOrTemplate(format.genPrefix, source);
  if (options.multipleInput) {
    question = choices?.[indexOf(question)] ?? null;
    choices = null;
  }
  const asked = expectText(question, 'doc_to_text of a few-shot example');
  const start = prefix === null || !isTrue(prefix) ? '' : expectText(prefix, 'gen_prefix of a few-shot example');
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
