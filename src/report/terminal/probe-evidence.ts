import { at } from '@shadow-gate/platform';
import type { KindRow, ProbeComparison, RefusalRow, TextRow } from '../../compare/probes/index.ts';
import { printable } from '../escape.ts';
import { type Column, roomForFirst, terminalTable } from '../render/terminal/table.ts';
import { wrap } from '../render/terminal/wrap.ts';
import { CHURN_COLUMNS, churnCells } from '../text/churn.ts';
import { LEVEL_COLUMNS, levelCells } from '../text/levels.ts';
import { REFUSAL_COLUMNS, REFUSALS_TITLE, refusalCells } from '../text/refusals.ts';
import {
  rowsOfTokens,
  TEXT_COLUMNS,
  TOKEN_CHANGE_COLUMNS,
  textCells,
  tokenChangeCells,
  unscoredTexts,
} from '../text/texts.ts';
import { formName, KIND_COLUMNS, kindCells, roleText } from '../text/twin-kinds.ts';
import { numberColumn } from './number-column.ts';

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
    { head: 'other forms' },
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

/** The answers that changed, the levels that were reached, and plain texts. */
export function renderChanges({ churn, levels, texts, refusals = [] }: ProbeComparison, width: number): string {
  const forms = churn.map((row) => [formName(row.form, row.kind), ...churnCells(row)]);
  const families = levels.slice(0, MAX_ROWS).map((row) => ['', ...levelCells(row)]);
  const levelColumns = [{ head: 'family' }, ...LEVEL_COLUMNS.map((head) => ({ head }))];
  const room = Math.max(MIN_NAME, Math.min(NAME, roomForFirst(levelColumns, families, width)));
  const named = families.map(([, ...own], i) => [printable(levels[i]?.family ?? '', room), ...own]);
  return [
    forms.length === 0 ? '' : terminalTable(churnColumns(width), forms),
    named.length === 0 ? '' : `${terminalTable(levelColumns, named)}${hidden(levels.length - named.length)}`,
    renderRefusals(refusals, width),
    renderTexts(texts, width),
    renderTokenChanges(texts, width),
  ]
    .filter((table) => table !== '')
    .join('\n\n');
}

/** Requests that have to be refused. */
function renderRefusals(rows: readonly RefusalRow[], width: number): string {
  if (rows.length === 0) return '';
  const head = (text: string) => (width < MEDIUM ? text.replace(/,? /, '\n') : text);
  const columns = [
    { head: REFUSALS_TITLE.toLowerCase() },
    ...REFUSAL_COLUMNS.map((text): Column => ({ head: head(text), align: 'right' })),
  ];
  const cells = rows
    .slice(0, MAX_ROWS)
    .map((row) => [
      printable(row.suite, NAME),
      ...refusalCells(row).map((cell) => (width < WIDE ? cell.replace(' (', '\n(') : cell)),
    ]);
  return `${terminalTable(columns, cells)}${hidden(rows.length - cells.length)}`;
}

/** How likely plain texts are, and why some could not be scored. */
function renderTexts(rows: readonly TextRow[], width: number): string {
  if (rows.length === 0) return '';
  const columns = [
    { head: 'plain texts' },
    ...TEXT_COLUMNS.map((head): Column => ({ head: stacked(head, width), align: 'right' })),
  ];
  const cells = rows.slice(0, MAX_ROWS).map((row) => [printable(row.suite, NAME), ...textCells(row)]);
  const reasons = unscoredTexts(rows).flatMap(({ suite, reason }) =>
    wrap(`${printable(suite, NAME)} was not scored: ${printable(reason, 200)}`, width - 2).map((line) => `\n  ${line}`),
  );
  return `${terminalTable(columns, cells)}${reasons.join('')}`;
}

/** Suites of texts that stand next to each other. */
const MAX_SUITES = 3;

/** What llama.cpp's users know of a quantized copy: a line for each number, and a column for each suite. */
function renderTokenChanges(texts: readonly TextRow[], width: number): string {
  const suites = rowsOfTokens(texts).slice(0, MAX_SUITES);
  if (suites.length === 0) return '';
  const room = width < MEDIUM ? 2 * MIN_NAME : NAME;
  const columns = [
    { head: 'every token of' },
    ...suites.map(({ suite }): Column => ({ head: printable(suite, room), align: 'right' })),
  ];
  const cells = suites.map(({ changes }) => tokenChangeCells(changes));
  return terminalTable(
    columns,
    TOKEN_CHANGE_COLUMNS.map((head, i) => [head, ...cells.map((own) => at(own, i))]),
  );
}

const stacked = (head: string, width: number) => (width < MEDIUM ? head.replace(', ', ',\n') : head);

function churnColumns(width: number): Column[] {
  const head = (text: string) => (width < MEDIUM ? text.replace(/ (?=→|answer)|(?<=,) /, '\n') : text);
  return [{ head: 'answers' }, ...CHURN_COLUMNS.map((text): Column => ({ head: head(text), align: 'right' }))];
}

function hidden(more: number): string {
  return more > 0 ? `\n  and ${more} more in the JSON report` : '';
}
