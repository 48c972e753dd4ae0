import { CsvError, parse } from 'csv-parse/sync';
import { UserError } from '../../platform/user-error.ts';
import { type Line, MAX_LINE_BYTES } from './lines.ts';
import { letterOf, type ProbeRecord, quote } from './records.ts';

/** What csv-parse calls the mistakes that a file can have, and what we say. */
const MISTAKES: Readonly<Record<string, readonly [problem: string, mend: string]>> = {
  INVALID_OPENING_QUOTE: [
    'a quote inside a field that does not begin with one',
    'quote the whole field, and double the quotes in it: "say ""hello"""',
  ],
  CSV_INVALID_CLOSING_QUOTE: [
    'text after the closing quote of a field',
    'quote the whole field, and double the quotes in it: "say ""hello"""',
  ],
  CSV_QUOTE_NOT_CLOSED: ['a quote that is never closed', 'close it'],
  CSV_MAX_RECORD_SIZE: [`more than ${MAX_LINE_BYTES} bytes in one row`, 'close its quote, or shorten the row'],
};

interface Row {
  readonly line: number;
  readonly cells: readonly string[];
}

/**
 * The records of a CSV file: the first row names the columns, commas tell cells apart, a quoted cell may hold commas,
 * doubled quotes and line ends. Empty lines are no matter; an empty cell is a field that is not given.
 * @throws UserError with the line on which the row begins
 */
export function readCsv(lines: Iterable<Line>, file: string): ProbeRecord[] {
  const texts = Array.from(lines, ({ text }) => text);
  const [header, ...rows] = parseRows(texts, file);
  if (header === undefined) return [];
  const read = rowReader(header.cells, `${file}:${header.line}`);
  return rows.map(({ line, cells }) => {
    const where = `${file}:${line}`;
    if (cells.length !== header.cells.length) {
      throw new UserError(
        `${where}: ${cells.length} columns, but the header has ${header.cells.length}`,
        'give one cell a column, and quote a cell that holds a comma',
      );
    }
    return { line, where, fields: read(cells, where) };
  });
}

/** csv-parse counts a line end twice in some quoted cells, so the lines are counted here. */
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
    const [problem, mend] = MISTAKES[error.code] ?? [error.message, 'give rows of cells told apart by commas'];
    throw new UserError(`${file}:${next + 1}: ${problem}`, mend);
  }
  return rows;
}

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
