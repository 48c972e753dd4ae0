import type { KindRow, ProbeComparison } from '../../compare/probes/index.ts';
import { printable } from '../escape.ts';
import { CHURN_COLUMNS, churnCells } from '../text/churn.ts';
import { LEVEL_COLUMNS, levelCells } from '../text/levels.ts';
import { formName, KIND_COLUMNS, kindCells, roleText } from '../text/twin-kinds.ts';
import { numberColumn } from './number-column.ts';
import { type Column, roomForFirst, terminalTable } from './table.ts';
import { wrap } from './wrap.ts';

const MAX_ROWS = 16;
/** Below this many columns an interval, and the two ends of a movement, take lines of their own. */
const WIDE = 132;
const MEDIUM = 110;
const NAME = 28;
const MIN_NAME = 10;
/** Columns for the reason why a kind does not decide. */
const ROLE = 18;

/** The twins by kind: did they rise with the benchmark form, and may they decide? Empty without any. */
export function renderKinds(kinds: readonly KindRow[], width: number): string {
  if (kinds.length === 0) return '';
  const fitted = (cell: string) => {
    const stacked = width < WIDE ? cell.replace(' (', '\n(') : cell;
    return width < MEDIUM ? stacked.replace(/[ \u00a0](?=→|to[ \u00a0])/g, '\n') : stacked;
  };
  const columns: Column[] = [
    { head: 'twins' },
    ...KIND_COLUMNS.map((column) => numberColumn(column, { isNarrow: width < MEDIUM })),
    { head: 'decides' },
  ];
  const shown = kinds.slice(0, MAX_ROWS);
  const others = shown.map((row) => ['', ...kindCells(row).map(fitted), wrap(roleText(row), ROLE).join('\n')]);
  const room = Math.max(MIN_NAME, Math.min(NAME, roomForFirst(columns, others, width)));
  const cells = others.map(([, ...own], i) => [kindName(shown[i], room), ...own]);
  return `${terminalTable(columns, cells)}${hidden(kinds.length - shown.length)}`;
}

function kindName(row: KindRow | undefined, room: number): string {
  if (row === undefined) return '';
  const names = [row.kind, ...(row.group === null ? [] : [printable(row.group, room)]), printable(row.suite, room)];
  const line = names.join(' · ');
  return line.length <= room ? line : names.join('\n');
}

/** The answers that changed, and the levels that were reached. */
export function renderChanges({ churn, levels }: ProbeComparison, width: number): string {
  const forms = churn.map((row) => [formName(row.form, row.kind), ...churnCells(row)]);
  const families = levels.slice(0, MAX_ROWS).map((row) => ['', ...levelCells(row)]);
  const levelColumns = [{ head: 'family' }, ...LEVEL_COLUMNS.map((head) => ({ head }))];
  const room = Math.max(MIN_NAME, Math.min(NAME, roomForFirst(levelColumns, families, width)));
  const named = families.map(([, ...own], i) => [printable(levels[i]?.family ?? '', room), ...own]);
  return [
    forms.length === 0 ? '' : terminalTable(churnColumns(width), forms),
    named.length === 0 ? '' : `${terminalTable(levelColumns, named)}${hidden(levels.length - named.length)}`,
  ]
    .filter((table) => table !== '')
    .join('\n\n');
}

function churnColumns(width: number): Column[] {
  const head = (text: string) => (width < MEDIUM ? text.replace(/ (?=→|answer)|(?<=,) /, '\n') : text);
  return [{ head: 'answers' }, ...CHURN_COLUMNS.map((text): Column => ({ head: head(text), align: 'right' }))];
}

function hidden(more: number): string {
  return more > 0 ? `\n  and ${more} more in the JSON report` : '';
}
