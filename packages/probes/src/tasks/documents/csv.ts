import { UserError } from '@shadow-gate/platform';
import { type PythonDict, PythonFloat, type PythonValue } from '@shadow-gate/python';
import { CsvError, parse } from 'csv-parse/sync';

/** Missing values of pandas (2). */
const MISSING = new Set([
  '',
  '#N/A',
  '#N/A N/A',
  '#NA',
  '-1.#IND',
  '-1.#QNAN',
  '-NaN',
  '-nan',
  '1.#IND',
  '1.#QNAN',
  '<NA>',
  'N/A',
  'NA',
  'NULL',
  'NaN',
  'None',
  'n/a',
  'nan',
  'null',
]);
const INTEGER = /^\s*[-+]?\d+\s*$/;
const FLOAT = /^\s*[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?\s*$/;
const BOOLEAN = /^(?:True|TRUE|true|False|FALSE|false)$/;

/** Documents of a CSV or TSV file with a header, typed like pandas, which `datasets` uses. @throws UserError */
export function readTable(text: string, file: string, delimiter: ',' | '\t'): PythonDict[] {
  const [header = [], ...rows] = parseRows(text, file, delimiter);
  for (const [i, row] of rows.entries()) {
    if (row.length !== header.length) {
      throw new UserError(
        `${file}: row ${i + 1}: ${row.length} columns, but the header has ${header.length}`,
        'correct it',
      );
    }
  }
  const columns = header.map((_, i) => typed(rows.map((row) => row[i] ?? '')));
  return rows.map((_, j) => new Map(header.map((name, i) => [name, columns[i]?.[j] ?? null])));
}

function parseRows(text: string, file: string, delimiter: string): string[][] {
  try {
    return parse(text, { delimiter, bom: true, skip_empty_lines: true, relax_column_count: true });
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    throw new UserError(`${file}: ${error.message}`, 'correct the quotes of that row');
  }
}

function typed(cells: readonly string[]): PythonValue[] {
  const present = cells.filter((cell) => !MISSING.has(cell));
  const orNone = (value: (cell: string) => PythonValue) =>
    cells.map((cell) => (MISSING.has(cell) ? null : value(cell)));
  if (present.length === 0) return cells.map(() => null);
  const isWhole = present.every((cell) => INTEGER.test(cell) && Number.isSafeInteger(Number(cell)));
  // A column of whole numbers with gaps has floats.
  if (isWhole && present.length === cells.length) return cells.map(Number);
  if (present.every((cell) => FLOAT.test(cell))) return orNone((cell) => new PythonFloat(Number(cell)));
  if (present.every((cell) => BOOLEAN.test(cell))) return orNone((cell) => /^t/i.test(cell));
  return orNone((cell) => cell);
}
