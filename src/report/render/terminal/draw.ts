import { type Break, phraseOf, shownIn, type Table, type TableCell, type Words } from '../../document/block.ts';
import { formatCount } from '../../text/numbers.ts';
import { LEVEL_MARKS, type Paint, painter } from './paint.ts';
import { phraseLine } from './phrase.ts';
import { roomForFirst, type TerminalOptions, terminalTable } from './table.ts';
import { wrap } from './wrap.ts';

/** Columns of a terminal that has room for wide columns. */
const WIDE = 100;
/** Columns of a terminal in which names in a head are less short. */
const WIDE_HEADS = 110;

/** A table with its notes below it; empty without rows. */
export function drawTable(table: Table, { color, width }: TerminalOptions): string {
  if (table.isTurned && table.rows.length > 0) return drawTable(turned(table), { color, width });
  const { title, isTitled, rest = 'more', notes, remarks = [], room, breaks = {} } = table;
  const { columns, isNumber, rows, more } = shownIn(table, 'terminal', { isNarrow: width < WIDE });
  if (rows.length === 0 || columns.length === 0) return '';
  const paint = painter(color);
  const broken = (text: string, at: readonly Break[] = []) =>
    at.reduce((cell, own) => (width < own.below ? cell.replace(own.at, '\n') : cell), text);
  const heads = columns.map(({ head, unit }, i) => {
    const text = phraseLine(phraseOf(head), { nameLength: width < WIDE_HEADS ? 20 : 28 });
    const name = isNumber[i] ? broken(text, breaks.heads) : text;
    return {
      head: unit === undefined ? name : `${name},\n${unit}`,
      align: isNumber[i] ? ('right' as const) : ('left' as const),
    };
  });
  const cells = rows.map((row) =>
    row.map((cell, i) => {
      if (i === 0 && room !== undefined) return '';
      const text = cellLine(cell, paint);
      const most = columns[i]?.wrap;
      if (most !== undefined) return wrap(text, most).join('\n');
      return isNumber[i] ? broken(text, breaks.cells) : text;
    }),
  );
  const most = room && Math.max(room.least, Math.min(room.most, roomForFirst(heads, cells, width)));
  const fitted =
    most === undefined ? cells : cells.map(([, ...own], i) => [firstCell(rows[i]?.[0] ?? '', most), ...own]);
  const below = [...(notes?.(more, 'terminal') ?? []), ...remarks].flatMap((note) => indented(note, width));
  return [
    ...(isTitled ? [`  ${title}`] : []),
    terminalTable(heads, fitted),
    ...(more > 0 && rest !== null
      ? [`  and ${rest === 'more' ? `${more} more` : formatCount(more, rest)} in the JSON report`]
      : []),
    ...below,
  ].join('\n');
}

/** Rows that stand next to each other. */
const MOST_TURNED = 3;

/** A line for each column, and a column for each row. */
function turned({ isTurned: _, columns, rows, ...table }: Table): Table {
  const { columns: heads, rows: shown } = shownIn(
    { ...table, columns, rows, most: { terminal: MOST_TURNED } },
    'terminal',
  );
  const [first, ...others] = heads;
  return {
    ...table,
    columns: [
      { head: first?.head ?? '' },
      ...shown.map(([own = '']) => ({ head: typeof own === 'string' || !('kind' in own) ? own : '', isNumber: true })),
    ],
    rows: others.map(({ head }, i) => [head, ...shown.map((row) => row[i + 1] ?? '')]),
  };
}

/** Sentences below each other, two columns from the edge. */
export function indented(words: Words, width: number, options: { readonly nameLength?: number } = {}): string[] {
  return wrap(phraseLine(phraseOf(words), options), width - 2).map((line) => `  ${line}`);
}

function cellLine(cell: TableCell, paint: Paint): string {
  if (typeof cell === 'string' || !('kind' in cell)) return phraseLine(phraseOf(cell));
  switch (cell.kind) {
    case 'marked':
      return paint(cell.mark, `${LEVEL_MARKS[cell.mark]} ${phraseLine(phraseOf(cell.words))}`);
    case 'path':
      return cell.names.map((words) => phraseLine(phraseOf(words))).join(' · ');
    case 'part':
      return phraseLine(phraseOf(cell.words));
    case 'lines':
      return cell.lines.join('\n');
  }
}

/** Names in one line if there is room, below each other otherwise. */
function firstCell(cell: TableCell, room: number): string {
  const names = typeof cell === 'string' || !('kind' in cell) ? [cell] : cell.kind === 'path' ? cell.names : [];
  const shown = names.map((words) => phraseLine(phraseOf(words), { nameLength: room }));
  const line = shown.join(' · ');
  return line.length <= room ? line : shown.join('\n');
}
