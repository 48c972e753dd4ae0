import { markdownTable } from 'markdown-table';
import type { ShadowRow } from '../../compare/probes/comparison.ts';
import type { ProbeReport } from '../../compare/report.ts';
import { codeName } from '../escape.ts';
import { formatCount } from '../text/numbers.ts';
import { PROBE_COLUMNS, probeCells } from '../text/probes.ts';
import { columnHead } from './column-head.ts';
import { termLink } from './phrase.ts';

/** A team's own benchmark may name hundreds of capabilities. */
const MAX_ROWS = 12;

/** The table of the behavioral half: one row for all facts, then one for each suite of several, and for each capability. */
export function probeTable({ comparison: { rows } }: ProbeReport): string {
  const head = [rowHead(rows), ...PROBE_COLUMNS.map(columnHead)];
  const shown = rows.slice(0, MAX_ROWS).map((row) => [nameMarkdown(row), ...probeCells(row)]);
  const table = markdownTable([head, ...shown], {
    align: ['l', 'r', 'r', 'r', 'r', 'r', 'r'],
    alignDelimiters: false,
  });
  const more = rows.length - shown.length;
  return more > 0 ? `${table}\n\n<sub>and ${formatCount(more, 'more row')} in report.json</sub>` : table;
}

function rowHead(rows: readonly ShadowRow[]): string {
  const capability = termLink('capability', 'capability');
  return rows.some(({ suite }) => suite !== null) ? `suite or ${capability}` : capability;
}

function nameMarkdown({ suite, capability }: ShadowRow): string {
  if (suite === null) return capability === null ? '**all**' : codeName(capability);
  return capability === null ? `**${codeName(suite)}**` : `${codeName(suite)} · ${codeName(capability)}`;
}
