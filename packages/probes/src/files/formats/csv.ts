import { at, UserError } from '@shadow-gate/platform';
import { CsvError, parse } from 'csv-parse/sync';
import { choiceLetter } from '../../forms/question.ts';
import type { FieldNames } from '../fields/field-names.ts';
import { KNOWN_QUESTIONS } from '../fields/known-fields.ts';
import { fieldPlace, type ProbeRecord, quote } from '../fields/records.ts';
import { parseChoicesCell } from '../fields/values.ts';
import { expectFewRecords, type Line, MAX_LINE_BYTES } from './lines.ts';

const QUOTE_HINT = 'quote the whole field, and double the quotes in it: "say ""hello"""';

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

interface TableOptions {
  /** A comma if missing. */
  readonly delimiter?: ',' | '\t';
  /** The policy's names of columns: with them, the header may have any. */
  readonly fields?: FieldNames | undefined;
}

/** The columns of MMLU's own files, which have no header. */
const MMLU_COLUMNS = ['question', 'A', 'B', 'C', 'D', 'answer'] as const;

/**
 * Records of a CSV or TSV file. The first row has the names; quoted cells may contain separators, doubled quotes and
 * line ends. Empty lines are skipped, an empty cell is a missing field, and answers are text. A first row of six cells
 * that ends with a letter is a question, as in MMLU's files without a header.
 * @throws UserError with the line on which the row begins
 */
export function readCsv(lines: Iterable<Line>, file: string, options: TableOptions = {}): ProbeRecord[] {
  const { delimiter = ',', fields } = options;
  const all = parseRows(lines, file, delimiter);
  const [first] = all;
  if (first === undefined) return [];
  const hasHeader = fields !== undefined || !isQuestion(first.cells);
  const header = hasHeader ? first.cells : MMLU_COLUMNS;
  const readFields = fieldsReader(header, `${file}:${first.line}`, options);
  return (hasHeader ? all.slice(1) : all).map(({ line, cells }) => {
    const where = `${file}:${line}`;
    if (cells.length !== header.length) {
      throw new UserError(
        `${where}: ${cells.length} columns, but the ${hasHeader ? 'header' : 'first row'} has ${header.length}`,
        `give one cell per column, and quote cells that contain a ${SEPARATORS[delimiter].name}`,
      );
    }
    if (!hasHeader && !isLetter(cells.at(-1))) {
      throw new UserError(
        `${fieldPlace({ where }, 'answer')}: ${quote(cells.at(-1))} is not a letter from A to D`,
        'a file without a header has the columns of MMLU: question, four choices, letter',
      );
    }
    return { line, where, fields: readFields(cells, where) };
  });
}

const SEPARATORS = { ',': { name: 'comma', plural: 'commas' }, '\t': { name: 'tab', plural: 'tabs' } } as const;

/** Whether the first row is a question of MMLU instead of a header. */
function isQuestion(cells: readonly string[]): boolean {
  return (
    cells.length === MMLU_COLUMNS.length && isLetter(cells.at(-1)) && !hasQuestion(cells.map((cell) => cell.trim()))
  );
}

function isLetter(cell: string | undefined): boolean {
  return /^[A-D]$/.test(cell?.trim() ?? '');
}

function hasQuestion(names: readonly string[]): boolean {
  return ['question', 'prompt', ...KNOWN_QUESTIONS].some((name) => names.includes(name));
}

/** Counts the lines itself: csv-parse counts a line end twice in some quoted cells. */
function parseRows(lines: Iterable<Line>, file: string, delimiter: ',' | '\t'): Row[] {
  const texts = Array.from(lines, ({ text }) => text);
  const rows: Row[] = [];
  let next = 0;
  const skipEmpty = () => {
    while (texts[next] === '') next += 1;
  };
  try {
    parse(texts.join('\n'), {
      delimiter,
      record_delimiter: '\n',
      relax_column_count: true,
      skip_empty_lines: true,
      max_record_size: MAX_LINE_BYTES,
      on_record: (cells: readonly string[]) => {
        skipEmpty();
        expectFewRecords(rows.length, file);
        rows.push({ line: next + 1, cells });
        next += 1 + cells.reduce((ends, cell) => ends + cell.split('\n').length - 1, 0);
        return null;
      },
    });
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    skipEmpty();
    const [problem, hint] = MISTAKES[error.code] ?? [
      error.message,
      `separate the cells of a row by ${SEPARATORS[delimiter].plural}`,
    ];
    throw new UserError(`${file}:${next + 1}: ${problem}`, hint);
  }
  return rows;
}

/** Empty cells of these columns are empty fields, not missing ones: the row is wrong, not the file's format. */
const KEPT_WHEN_EMPTY = new Set(['question', 'prompt', 'form']);

const headerHint = (delimiter: ',' | '\t') =>
  `begin with a row of column names separated by ${SEPARATORS[delimiter].plural}: question,choice0,choice1,answer or ` +
  'question,answer or id,capability,form,twin_of,prompt,choices,answer; or map other names in the policy (fields)';

type Fields = Record<string, unknown>;

/** Turns rows into fields. @throws UserError for a header without the columns of any format, or with one twice */
function fieldsReader(
  header: readonly string[],
  where: string,
  { delimiter = ',', fields: names }: TableOptions,
): (cells: readonly string[], where: string) => Fields {
  const columns = header.map((name) => name.trim());
  if (names === undefined && !hasQuestion(columns)) {
    throw new UserError(`${where}: the header has neither "question" nor "prompt"`, headerHint(delimiter));
  }
  checkOnce(columns, where);
  const choiceColumns = names?.choices === undefined ? findChoiceColumns(columns, where) : null;
  const inChoices = new Set(choiceColumns?.columns);
  return (cells, row) => {
    const fields: Fields = {};
    for (const [column, name] of columns.entries()) {
      if (inChoices.has(column)) continue;
      const cell = at(cells, column);
      if (cell !== '' || KEPT_WHEN_EMPTY.has(name)) fields[name] = cell;
    }
    if (!choiceColumns) return fields;
    const own = choiceColumns.columns.map((column) => at(cells, column));
    const choices = choiceColumns.isList ? parseChoicesCell(at(own, 0), `${row}: choices`) : withoutEmptyEnd(own, row);
    if (Array.isArray(choices) && choices.length === 0 && fields.target !== undefined) return fields;
    return { ...fields, choices };
  };
}

function checkOnce(names: readonly string[], where: string): void {
  const seen = new Set<string>();
  const repeated = names.find((name) => name !== '' && seen.size === seen.add(name).size);
  if (repeated !== undefined) {
    throw new UserError(`${where}: the header has ${quote(repeated)} twice`, 'use each name once');
  }
}

/** `choice0`, `choice1`, …, or `A`, `B`, …, or `choices`, which is a list; null if there are none. */
function findChoiceColumns(names: readonly string[], where: string) {
  const numbered = names.filter((name) => /^choice\d+$/.test(name)).map((_, index) => `choice${index}`);
  const letters = names.includes('A') && names.includes('B') ? names.filter((name) => /^[A-Z]$/.test(name)) : [];
  const lettered = letters.map((_, index) => choiceLetter(index));
  const listed = names.includes('choices') ? ['choices'] : [];
  const [expected, other] = [numbered, lettered, listed].filter((candidates) => candidates.length > 0);
  if (!expected) return null;
  if (other) {
    throw new UserError(
      `${where}: choices both in ${quote(expected[0])} and in ${quote(other[0])}`,
      'keep one of the two',
    );
  }
  const places = new Map(names.map((name, index) => [name, index]));
  const missing = expected.find((name) => !places.has(name));
  if (missing !== undefined) {
    throw new UserError(
      `${where}: the header has no ${quote(missing)}`,
      'name the columns of the choices choice0, choice1, … or A, B, …',
    );
  }
  return { columns: expected.map((name) => places.get(name) ?? 0), isList: expected === listed };
}

/** A row may have fewer choices than there are columns, but no gap. */
function withoutEmptyEnd(cells: readonly string[], where: string): string[] {
  const count = cells.findLastIndex((cell) => cell !== '') + 1;
  const gap = cells.slice(0, count).indexOf('');
  if (gap !== -1) throw new UserError(`${where}: choices: choice ${gap} is empty`, 'fill the gap');
  return cells.slice(0, count);
}
