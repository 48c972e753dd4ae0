import { CsvError, parse } from 'csv-parse/sync';
import { UserError } from '../../platform/user-error.ts';
import { rowReader } from './csv-row.ts';
import { type Line, MAX_LINE_BYTES } from './lines.ts';
import type { ProbeRecord } from './probe-record.ts';

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
