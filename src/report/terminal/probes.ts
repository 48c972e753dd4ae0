import type { Flip, ShadowRow } from '../../compare/probes/index.ts';
import type { ProbeReport } from '../../compare/report.ts';
import { printable } from '../escape.ts';
import { phraseLine } from '../render/terminal/phrase.ts';
import { type Column, roomForFirst, terminalTable } from '../render/terminal/table.ts';
import { wrap } from '../render/terminal/wrap.ts';
import { formatCount } from '../text/numbers.ts';
import { flipSummary, flipText, PROBE_COLUMNS, probeCells, probeRemarks, probeSectionNotes } from '../text/probes.ts';
import { numberColumn } from './number-column.ts';
import { renderChanges, renderKinds } from './probe-evidence.ts';

const MAX_ROWS = 12;
/** Below this many columns the intervals take lines of their own. */
const WIDE = 132;
/** Below this many columns, so does every part of a movement and an interval. */
const MEDIUM = 100;
/** Columns for the name of a capability, at most. */
const NAME = 24;
const MIN_NAME = 12;
/** Characters of an answer in a line. */
const ANSWER = 60;

/** The behavioral half for a terminal: its table, its notes, and one line for each flip. */
export function renderProbes(probes: ProbeReport, width: number): string {
  const { rows, flips } = probes.comparison;
  const fitted = (cell: string) => {
    const stacked = width < WIDE ? cell.replace(' (', '\n(').replace(', MDE', '\nMDE') : cell;
    return width < MEDIUM ? stacked.replace(/[ \u00a0](?=→|to )/g, '\n') : stacked;
  };
  const columns: Column[] = [
    { head: rows.some(({ suite }) => suite !== null) ? 'suite or capability' : 'capability', align: 'left' },
    ...PROBE_COLUMNS.map((column) => numberColumn(column, { isNarrow: width < MEDIUM })),
  ];
  const shown = rows.slice(0, MAX_ROWS).map((row) => ['', ...probeCells(row).map(fitted)]);
  const room = Math.max(MIN_NAME, Math.min(NAME, roomForFirst(columns, shown, width)));
  const cells = shown.map(([, ...own], i) => [rowName(rows[i], room), ...own]);
  const table = terminalTable(columns, cells);
  const more = rows.length - cells.length;
  const hidden = more > 0 ? `\n  and ${formatCount(more, 'more row')} in the JSON report` : '';
  const sentences = [...probeSectionNotes(probes), ...probeRemarks(probes.comparison)];
  const notes = sentences.flatMap((note) => wrap(phraseLine(note, { nameLength: 60 }), width - 2));
  const examples = [
    ...wrap(flipSummary(flips), width - 2).map((line) => `  ${line}`),
    ...flips.map(flipLine).flatMap((line) => wrap(line, width - 4).map((part) => `    ${part}`)),
  ];
  return [
    renderKinds(probes.comparison.kinds, width),
    `${table}${hidden}`,
    notes.map((line) => `  ${line}`).join('\n'),
    renderChanges(probes.comparison, width),
    flips.length === 0 ? '' : examples.join('\n'),
  ]
    .filter((part) => part !== '')
    .join('\n\n');
}

function rowName(row: ShadowRow | undefined, room: number): string {
  const names = [row?.suite ?? null, row?.capability ?? null].flatMap((name) =>
    name === null ? [] : [printable(name, room)],
  );
  const line = names.join(' · ');
  return names.length === 0 ? 'all' : line.length <= room ? line : names.join('\n');
}

function flipLine({ id, right, baseline, candidate, beside }: Flip): string {
  const quoted = (text: string | null) => (text ? JSON.stringify(printable(text, ANSWER)) : text);
  const answers = { id, right: quoted(right), baseline: quoted(baseline), candidate: quoted(candidate) };
  return phraseLine(flipText(beside ? { ...answers, beside: { ...beside, right: quoted(beside.right) } } : answers));
}
