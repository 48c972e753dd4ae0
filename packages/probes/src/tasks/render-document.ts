import {
  isList,
  literalEval,
  type PythonDict,
  PythonError,
  PythonTuple,
  type PythonValue,
  toText,
} from '@shadow-gate/python';
import type { DocumentFormat } from './task.ts';
import { renderTemplate } from './task-template.ts';

/** A document, and the names of the fields of the split that is asked. */
export interface DocumentSource {
  readonly document: PythonDict;
  readonly fields: ReadonlySet<string>;
  /** Whether the task has choices. */
  readonly hasChoices: boolean;
}

/** `doc_to_text`: text; or a number, where each choice has a context of its own. */
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
export function fieldOrTemplate(text: string, { document }: Pick<DocumentSource, 'document'>): PythonValue {
  return document.has(text) ? (document.get(text) ?? null) : renderTemplate(text, document);
}

/** A name of a field stands for its value. @returns undefined for other names */
function fieldOf(name: string, { document, fields }: DocumentSource): PythonValue | undefined {
  if (!fields.has(name)) return undefined;
  const value = document.get(name);
  if (value === undefined) throw new PythonError(`the field ${name} is missing`);
  return value;
}

/** `str.isdigit`; what is a digit and no number of Python fails then, as it does there. */
const isDigits = (text: string): boolean => /^[\p{Nd}\u00b2\u00b3\u00b9\u2070\u2074-\u2079\u2080-\u2089]+$/u.test(text);
