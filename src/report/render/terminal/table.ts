import Table from 'cli-table3';

export interface TerminalOptions {
  color: boolean;
  /** Columns of the terminal. */
  width: number;
  /** Name of the program in commands to copy: `shadow-gate` by default. */
  program?: string;
}

export interface TerminalColumn {
  head: string;
  align?: 'left' | 'right';
}

const INDENT = '  ';
const GAP = '  ';

const NO_BORDERS = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: INDENT,
  right: '',
  'left-mid': INDENT,
  'right-mid': '',
  mid: '─',
  'mid-mid': '──',
  middle: GAP,
};

/** Width left for the first column after all others. */
export function roomForFirst(
  columns: readonly TerminalColumn[],
  rows: readonly (readonly string[])[],
  width: number,
): number {
  const others = columns.slice(1).map((column, i) => {
    const cell = rows.reduce((most, row) => Math.max(most, widthOf(row[i + 1] ?? '')), 0);
    return Math.max(widthOf(column.head), cell) + GAP.length;
  });
  return width - INDENT.length - others.reduce((sum, n) => sum + n, 0);
}

/** The length of the longest line. */
const widthOf = (cell: string): number => Math.max(...cell.split('\n').map((line) => line.length));

/** cli-table3 takes quadratic time: 15 seconds for 10,000 rows at once. */
const ROWS_AT_ONCE = 50;

/** A table with only a line under its head: readable in a log, and easy to copy. */
export function terminalTable(columns: readonly TerminalColumn[], rows: readonly (readonly string[])[]): string {
  const slices = Array.from({ length: Math.max(1, Math.ceil(rows.length / ROWS_AT_ONCE)) }, (_, i) =>
    rows.slice(i * ROWS_AT_ONCE, (i + 1) * ROWS_AT_ONCE),
  );
  const layouts = slices.map((slice) => layOut(columns, slice, []).widths);
  const widths = columns.map((_, i) => layouts.reduce((most, layout) => Math.max(most, layout[i] ?? 0), 0));
  return slices.map((slice, i) => layOut(i === 0 ? columns : [], slice, widths, columns).text).join('\n');
}

function layOut(
  head: readonly TerminalColumn[],
  rows: readonly (readonly string[])[],
  colWidths: number[],
  columns: readonly TerminalColumn[] = head,
): { text: string; widths: (number | null)[] } {
  const table = new Table({
    head: head.map((column) => column.head),
    colAligns: columns.map((column) => column.align ?? 'left'),
    colWidths: [...colWidths],
    chars: NO_BORDERS,
    style: { head: [], border: [], compact: true, 'padding-left': 0, 'padding-right': 0 },
  });
  table.push(...rows.map((row) => [...row]));
  const lines = table.toString().split('\n');
  return { text: lines.map((line) => line.trimEnd()).join('\n'), widths: table.options.colWidths };
}
