import { CsvError, parse } from 'csv-parse/sync';
import { at } from '../../platform/at.ts';
import { parseJson } from '../../platform/parse-json.ts';
import { UserError } from '../../platform/user-error.ts';
import { type Line, MAX_LINE_BYTES } from './lines.ts';
import { letterOf, type ProbeRecord, quote } from './records.ts';

const QUOTE_HINT = 'quote the whole field, and double the quotes in it: "say ""hello"""';

/** The mistakes that csv-parse finds in a file, by its codes. */
const MISTAKES: Readonly<Record<string, readonly [problem: string, hint: string]>> = {
  INVALID_OPENING_QUOTE: ['a quote inside a field that does not begin with one', QUOTE_HINT],
  CSV_INVALID_CLOSING_QUOTE: ['text after the closing quote of a field', QUOTE_HINT],
  CSV_QUOTE_NOT_CLOSED: ['a quote that is never closed', 'close it'],
  CSV_MAX_RECORD_SIZE: [`more than ${MAX_LINE_BYTES} bytes in one row`, 'close its quote, or shorten the row'],
};

interface Row {
  readonly line: number;
  readonly cells: readonly string[];
}

/**
 * The records of a CSV file. The first row names the columns, commas separate cells, and a quoted cell may contain
 * commas, doubled quotes and line ends. Empty lines are skipped; an empty cell is a missing field. Answers are text.
 * @throws UserError with the line on which the row begins
 */
export function readCsv(lines: Iterable<Line>, file: string): ProbeRecord[] {
  const texts = Array.from(lines, ({ text }) => text);
  const [header, ...rows] = parseRows(texts, file);
  if (header === undefined) return [];
  const readFields = fieldsReader(header.cells, `${file}:${header.line}`);
  return rows.map(({ line, cells }) => {
    const where = `${file}:${line}`;
    if (cells.length !== header.cells.length) {
      throw new UserError(
        `${where}: ${cells.length} columns, but the header has ${header.cells.length}`,
        'give one cell per column, and quote cells that contain a comma',
      );
    }
    return { line, where, fields: readFields(cells, where) };
  });
}

/** Counts the lines itself: csv-parse counts a line end twice in some quoted cells. */
function parseRows(texts: readonly string[], file: string): Row[] {
  const rows: Row[] = [];
  let next = 0;
  const skipEmpty = () => {
    while (texts[next] === '') next += 1;
  };
  try {
    parse(texts.join('\n'), {
      record_delimiter: '\n',
      relax_column_count: true,
      skip_empty_lines: true,
      max_record_size: MAX_LINE_BYTES,
      on_record: (cells: readonly string[]) => {
        skipEmpty();
        rows.push({ line: next + 1, cells });
        next += 1 + cells.reduce((ends, cell) => ends + cell.split('\n').length - 1, 0);
        return null;
      },
    });
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    skipEmpty();
    const [problem, hint] = MISTAKES[error.code] ?? [error.message, 'separate the cells of a row by commas'];
    throw new UserError(`${file}:${next + 1}: ${problem}`, hint);
  }
  return rows;
}

/**
 * In these columns, an empty cell is an empty field, not a missing one: the row is wrong, not the format of the file.
 */
const KEPT_WHEN_EMPTY = new Set(['question', 'prompt', 'form']);

const HEADER_HINT =
  'begin with a row of column names separated by commas: question,choice0,choice1,answer or ' +
  'question,answer or id,capability,form,twin_of,prompt,choices,answer';

type Fields = Record<string, unknown>;

/**
 * A function that turns a row under this header into the fields of a JSON object.
 * @throws UserError for a header without the columns of any format, or with a column twice
 */
function fieldsReader(header: readonly string[], where: string): (cells: readonly string[], where: string) => Fields {
  const names = header.map((name) => name.trim());
  checkHeader(names, where);
  const choiceColumns = findChoiceColumns(names, where);
  return (cells, row) => {
    const fields: Fields = {};
    for (const [column, name] of names.entries()) {
      if (choiceColumns?.columns.includes(column)) continue;
      const cell = at(cells, column);
      if (cell !== '' || KEPT_WHEN_EMPTY.has(name)) fields[name] = cell;
    }
    if (!choiceColumns) return fields;
    const own = choiceColumns.columns.map((column) => at(cells, column));
    const choices = choiceColumns.isList ? parseList(at(own, 0), row) : withoutEmptyEnd(own, row);
    if (choices.length === 0 && fields.target !== undefined) return fields;
    return { ...fields, choices };
  };
}

function checkHeader(names: readonly string[], where: string): void {
  if (!names.includes('question') && !names.includes('prompt')) {
    throw new UserError(`${where}: the header has neither "question" nor "prompt"`, HEADER_HINT);
  }
  const repeated = names.find((name, index) => name !== '' && names.indexOf(name) !== index);
  if (repeated !== undefined) {
    throw new UserError(`${where}: the header has ${quote(repeated)} twice`, 'use each name once');
  }
}

interface ChoiceColumns {
  readonly columns: readonly number[];
  /** One column with a JSON list, instead of one column per choice. */
  readonly isList: boolean;
}

/** The columns of the choices: `choice0`, `choice1`, …, or `A`, `B`, …, or `choices`; null if there are none. */
function findChoiceColumns(names: readonly string[], where: string): ChoiceColumns | null {
  const numbered = names.filter((name) => /^choice\d+$/.test(name)).map((_, index) => `choice${index}`);
  const letters = names.includes('A') && names.includes('B') ? names.filter((name) => /^[A-Z]$/.test(name)) : [];
  const lettered = letters.map((_, index) => letterOf(index));
  const listed = names.includes('choices') ? ['choices'] : [];
  const [expected, other] = [numbered, lettered, listed].filter((candidates) => candidates.length > 0);
  if (!expected) return null;
  if (other) {
    throw new UserError(
      `${where}: choices both in ${quote(expected[0])} and in ${quote(other[0])}`,
      'keep one of the two',
    );
  }
  const missing = expected.find((name) => !names.includes(name));
  if (missing !== undefined) {
    throw new UserError(
      `${where}: the header has no ${quote(missing)}`,
      'name the columns of the choices choice0, choice1, … or A, B, …',
    );
  }
  return { columns: expected.map((name) => names.indexOf(name)), isList: expected === listed };
}

/** A row may have fewer choices than there are columns, but no gap. */
function withoutEmptyEnd(cells: readonly string[], where: string): string[] {
  const count = cells.findLastIndex((cell) => cell !== '') + 1;
  const gap = cells.slice(0, count).indexOf('');
  if (gap !== -1) throw new UserError(`${where}: choices: choice ${gap} is empty`, 'fill the gap');
  return cells.slice(0, count);
}

function parseList(cell: string, where: string): unknown[] {
  if (cell === '') return [];
  const list = parseCell(cell);
  if (Array.isArray(list)) return list;
  throw new UserError(
    `${where}: choices: ${quote(cell)} is not a JSON list`,
    'give ["one", "another"], quoted for CSV: "[""one"", ""another""]"',
  );
}

function parseCell(text: string): unknown {
  try {
    return parseJson(text, { name: 'a cell', hint: 'shorten it' });
  } catch {
    return undefined;
  }
}
