import type { ProbeReport } from '../gate/report.ts';
import type { Flip } from '../policy/probes/comparison.ts';
import { printable } from './escape.ts';
import { formatCount } from './numbers.ts';
import { PROBE_COLUMNS, probeCells, probeNotes } from './probe-table.ts';
import { type Column, terminalTable } from './terminal-table.ts';
import { wrap } from './wrap.ts';

const MAX_ROWS = 12;
/** Below this many columns the intervals take lines of their own. */
const WIDE = 120;
/** Of an answer in a line. */
const ANSWER = 60;

/** The behavioural half for a terminal: its table, the flips in a line each, and what the columns mean. */
export function renderProbes(probes: ProbeReport, width: number): string {
  const { rows, flips } = probes.comparison;
  const name = (capability: string | null) => (capability === null ? 'all' : printable(capability, 24));
  const columns = PROBE_COLUMNS.map((head, i): Column => ({ head, align: i === 0 ? 'left' : 'right' }));
  const cells = rows.slice(0, MAX_ROWS).map((row) => [name(row.capability), ...probeCells(row)]);
  const narrow = (cell: string) => (width < WIDE ? cell.replace(' (', '\n(').replace(', MDE', '\nMDE') : cell);
  const table = terminalTable(
    columns,
    cells.map((row) => row.map(narrow)),
  );
  const more = rows.length - cells.length;
  const hidden = more > 0 ? `\n  and ${formatCount(more, 'more capability', 'more capabilities')} in report.json` : '';
  const notes = probeNotes(probes, (text) => printable(text, 60)).flatMap((note) => wrap(note, width - 2));
  const lines = flips.map(flipLine).flatMap((line) => wrap(line, width - 4));
  const flipped = lines.length === 0 ? '' : `\n\n  Flips:\n${lines.map((line) => `    ${line}`).join('\n')}`;
  return `${table}${hidden}\n\n${notes.map((line) => `  ${line}`).join('\n')}${flipped}`;
}

function flipLine({ id, right, baseline, candidate }: Flip): string {
  const said = (text: string) => (text === '' ? 'nothing' : JSON.stringify(printable(text, ANSWER)));
  return `${printable(id)}: right ${said(right)}, baseline ${said(baseline)}, candidate ${said(candidate)}`;
}
