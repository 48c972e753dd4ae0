import { UserError } from '../../platform/user-error.ts';
import { letterOf } from './labels.ts';
import { quote } from './probe-record.ts';

/** Missing means something else than empty here: the one is a wrong file, the other a wrong row. */
const KEPT_WHERE_EMPTY = new Set(['question', 'prompt', 'form']);

const HEADER_MEND =
  'begin with a row that names the columns, told apart by commas: question,choice0,choice1,answer or ' +
  'question,answer or id,capability,form,twin_of,prompt,choices,answer';

type Fields = Record<string, unknown>;
type ChoiceReader = (cell: (column: number) => string, where: string) => unknown[];

/**
 * How the rows under this header become the fields that a JSON object would have.
 * @throws UserError for a header without the columns of any format, or with a column twice
 */
export function rowReader(
  header: readonly string[],
  where: string,
): (cells: readonly string[], where: string) => Fields {
  const names = header.map((name) => name.trim());
  checkHeader(names, where);
  const { columns, read: readChoices } = choiceColumns(names, where);
  return (cells, row) => {
    const cell = (column: number) => cells[column] ?? '';
    const fields: Fields = {};
    for (const [column, name] of names.entries()) {
      if (columns.has(column) || (cell(column) === '' && !KEPT_WHERE_EMPTY.has(name))) continue;
      fields[name] = cell(column);
    }
    if (!readChoices) return fields;
    const choices = readChoices(cell, row);
    if (choices.length === 0 && fields.target !== undefined) return fields;
    return { ...fields, choices, ...(fields.answer === undefined ? {} : { answer: indexOrText(fields.answer) }) };
  };
}

function checkHeader(names: readonly string[], where: string): void {
  if (!names.includes('question') && !names.includes('prompt')) {
    throw new UserError(`${where}: the header names neither "question" nor "prompt"`, HEADER_MEND);
  }
  const twice = names.find((name, index) => name !== '' && names.indexOf(name) !== index);
  if (twice !== undefined) throw new UserError(`${where}: the header names ${quote(twice)} twice`, 'give it once');
}

/** Choices stand in `choice0`, `choice1`, …, in `A`, `B`, …, or in `choices` as a JSON list. */
function choiceColumns(
  names: readonly string[],
  where: string,
): { columns: ReadonlySet<number>; read: ChoiceReader | null } {
  const numbered = names.filter((name) => /^choice\d+$/.test(name)).map((_, index) => `choice${index}`);
  const letters = names.includes('A') && names.includes('B') ? names.filter((name) => /^[A-Z]$/.test(name)) : [];
  const ways = [
    numbered,
    letters.map((_, index) => letterOf(index)),
    names.includes('choices') ? ['choices'] : [],
  ].filter((names) => names.length > 0);
  const [way, other] = ways;
  if (!way) return { columns: new Set(), read: null };
  if (other)
    throw new UserError(`${where}: choices in ${quote(way[0])} and in ${quote(other[0])}`, 'keep one of the two');
  const missing = way.find((name) => !names.includes(name));
  if (missing !== undefined) {
    throw new UserError(
      `${where}: the header has no ${quote(missing)}`,
      'name the columns of choices choice0, choice1, … or A, B, …',
    );
  }
  const columns = way.map((name) => names.indexOf(name));
  const read: ChoiceReader =
    way[0] === 'choices'
      ? (cell, row) => parseList(cell(columns[0] ?? 0), row)
      : (cell, row) => gather(columns.map(cell), row);
  return { columns: new Set(columns), read };
}

/** A row may have fewer choices than there are columns, but no gap. */
function gather(cells: readonly string[], where: string): string[] {
  const count = cells.findLastIndex((cell) => cell !== '') + 1;
  const gap = cells.slice(0, count).indexOf('');
  if (gap !== -1) throw new UserError(`${where}: choices: choice ${gap} is empty`, 'fill the gap');
  return cells.slice(0, count);
}

function parseList(cell: string, where: string): unknown[] {
  if (cell === '') return [];
  const list = parseJson(cell);
  if (Array.isArray(list)) return list;
  throw new UserError(
    `${where}: choices: ${quote(cell)} is not a JSON list`,
    'give ["one", "another"], quoted for CSV: "[""one"", ""another""]"',
  );
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** A cell has no type. Whole numbers are indices: choices that are numbers themselves would leave it open otherwise. */
function indexOrText(answer: unknown): unknown {
  return typeof answer === 'string' && /^\s*-?\d+\s*$/.test(answer) ? Number(answer) : answer;
}
