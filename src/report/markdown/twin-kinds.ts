import { markdownTable } from 'markdown-table';
import type { KindRow } from '../../compare/probes/comparison.ts';
import { codeName } from '../escape.ts';
import { decidingKinds, KIND_COLUMNS, kindCells, roleText } from '../text/twin-kinds.ts';
import { columnHead } from './column-head.ts';
import { termLink } from './phrase.ts';

/** One row for each suite and kind: a team may have many suites. */
const MAX_ROWS = 12;

/** The twins that decide about a gain: did they rise with the benchmark form? */
export function decidingKindTable(kinds: readonly KindRow[]): string {
  return kindTable(decidingKinds(kinds));
}

/** All kinds, where some do not decide. */
export function allKindTable(kinds: readonly KindRow[]): string {
  return decidingKinds(kinds).length === kinds.length ? '' : kindTable(kinds, 4 * MAX_ROWS);
}

function kindTable(kinds: readonly KindRow[], max = MAX_ROWS): string {
  if (kinds.length === 0) return '';
  const head = ['suite', termLink('twinKind', 'twin kind'), ...KIND_COLUMNS.map(columnHead), 'decides'];
  const shown = kinds
    .slice(0, max)
    .map((row) => [
      codeName(row.suite),
      row.group === null ? row.kind : `${row.kind}: ${codeName(row.group)}`,
      ...kindCells(row),
      roleText(row),
    ]);
  const table = markdownTable([head, ...shown], {
    align: ['l', 'l', 'r', 'r', 'r', 'r', 'r', 'l'],
    alignDelimiters: false,
  });
  const more = kinds.length - shown.length;
  return more > 0 ? `${table}\n\n<sub>and ${more} more in report.json</sub>` : table;
}
