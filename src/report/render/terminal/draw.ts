import { given } from '@shadow-gate/platform';
import {
  type Block,
  type Break,
  phraseOf,
  shownIn,
  type Table,
  type TableCell,
  type Words,
} from '../../document/block.ts';
import { formatCount } from '../../text/numbers.ts';
import { LEVEL_MARKS, type Paint, painter } from './paint.ts';
import { phraseLine } from './phrase.ts';
import { roomForFirst, type TerminalOptions, terminalTable } from './table.ts';
import { wrap } from './wrap.ts';

/** Terminal widths with room for wide columns, and for longer names in heads. */
const WIDE = 100;
const WIDE_HEADS = 110;

export const drawTerminal = (blocks: readonly Block[], options: TerminalOptions): string =>
  blocks
    .map((block) => drawBlock(block, options))
    .filter((part) => part !== '')
    .join('\n\n');

function drawBlock(block: Block, options: TerminalOptions): string {
  const { color, width } = options;
  switch (block.kind) {
    case 'table':
      return drawTable(block, options);
    case 'notes':
      return block.notes.flatMap((note) => indented(note, width, given({ nameLength: block.length }))).join('\n');
    case 'list': {
      const more = block.total - block.items.length;
      const items = block.items.map((item) => drawBlock(item, options));
      return [...items, ...(more > 0 ? [`    and ${more} more in the JSON report`] : [])].join('\n');
    }
    case 'item': {
      const { mark, words } = block;
      const sign = mark === undefined ? ' ' : painter(color)(mark, LEVEL_MARKS[mark]);
      const lines = wrap(phraseLine(phraseOf(words)), width - 4);
      return lines.map((line, i) => `  ${i === 0 ? sign : ' '} ${line}`).join('\n');
    }
    case 'drawn':
      return block.text;
    case 'code':
    case 'fold':
    case 'line':
    case 'row':
    case 'section':
      throw new Error(`a terminal shows no ${block.kind}`);
  }
}

/** A table with its notes below it; empty without rows. */
export function drawTable(table: Table, options: TerminalOptions): string {
  if (table.isTurned && table.rows.length > 0) return drawTable(turned(table), options);
  const { title, isTitled, rest = 'more', notes, remarks = [] } = table;
  const shown = shownIn(table, 'terminal', { isNarrow: options.width < WIDE });
  const { rows, columns, more } = shown;
  if (rows.length === 0 || columns.length === 0) return '';
  return [
    ...(isTitled ? [`  ${title}`] : []),
    body(table, shown, options),
    ...(more > 0 && rest !== null
      ? [`  and ${rest === 'more' ? `${more} more` : formatCount(more, rest)} in the JSON report`]
      : []),
    ...[...(notes?.(more, 'terminal') ?? []), ...remarks].flatMap((note) => indented(note, options.width)),
  ].join('\n');
}

function body({ room, breaks = {}, isNarrow }: Table, shown: ReturnType<typeof shownIn>, options: TerminalOptions) {
  const { columns, isNumber, rows } = shown;
  const { color, width } = options;
  const paint = painter(color);
  const broken = (text: string, at: readonly Break[] = []) =>
    at.reduce((cell, own) => (width < own.below ? cell.replace(own.at, '\n') : cell), text);
  const hasMarks = rows.some(([first]) => isMarked(first));
  const heads = columns.map(({ head, unit }, i) => {
    const text = phraseLine(phraseOf(head), { nameLength: width < WIDE_HEADS ? 20 : 28 });
    const name = isNumber[i] ? broken(text, breaks.heads) : i === 0 && hasMarks ? `  ${text}` : text;
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
  if (room === undefined) return terminalTable(heads, cells);
  const space = roomForFirst(heads, cells, width);
  const first = (i: number, most: number) => firstCell(rows[i]?.[0] ?? '', most, paint);
  if (isNarrow && space < room.least) {
    const lines = cells.flatMap(([, ...own], i) => {
      const named = own.map((cell, k) => (columns[k + 1]?.isNamed ? `${heads[k + 1]?.head} ${cell}` : cell));
      return [...first(i, width - 2), ...wrap(named.join(', '), width - 4).map((line) => `  ${line}`)];
    });
    return lines.map((line) => `  ${line}`).join('\n');
  }
  const most = Math.max(room.least, Math.min(room.most, space));
  return terminalTable(
    heads,
    cells.map(([, ...own], i) => [first(i, most).join('\n'), ...own]),
  );
}

/** Rows that stand next to each other. */
const MOST_TURNED = 3;

/** A line for each column, and a column for each row. */
function turned({ isTurned: _, ...table }: Table): Table {
  const { columns, rows: shown } = shownIn({ ...table, most: { terminal: MOST_TURNED } }, 'terminal');
  const [first, ...others] = columns;
  return {
    ...table,
    columns: [
      { head: first?.head ?? '' },
      ...shown.map(([own = '']) => ({ head: typeof own === 'string' || !('kind' in own) ? own : '', isNumber: true })),
    ],
    rows: others.map(({ head }, i) => [head, ...shown.map((row) => row[i + 1] ?? '')]),
  };
}

/** Lines two columns from the edge. */
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

/** Names in one line if there is room, below each other otherwise; marked words wrap. */
function firstCell(cell: TableCell, room: number, paint: Paint): string[] {
  if (isMarked(cell)) {
    const lines = wrap(phraseLine(phraseOf(cell.words), { nameLength: 40 }), room - 2);
    return lines.map((line, i) => `${i === 0 ? paint(cell.mark, LEVEL_MARKS[cell.mark]) : ' '} ${line}`);
  }
  const names = typeof cell === 'string' || !('kind' in cell) ? [cell] : cell.kind === 'path' ? cell.names : [];
  const shown = names.map((words) => phraseLine(phraseOf(words), { nameLength: room }));
  const line = shown.join(' · ');
  return line.length <= room ? [line] : shown;
}

type Marked = Extract<TableCell, { readonly kind: 'marked' }>;

const isMarked = (cell: TableCell | undefined): cell is Marked =>
  typeof cell === 'object' && 'kind' in cell && cell.kind === 'marked';
