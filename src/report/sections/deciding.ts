import type { Report } from '../../compare/report.ts';
import type { Table } from '../document/block.ts';
import { decidingTable, decidingValues } from '../summary/deciding-table.ts';

export function decidingBlock(report: Report): Table {
  return {
    kind: 'table',
    title: 'The numbers that decide',
    isNarrow: true,
    columns: [
      { head: 'check' },
      { head: 'baseline → candidate', isNumber: ['terminal'] },
      { head: 'change', isNumber: ['terminal'] },
      { head: 'limit', isNumber: ['terminal'], isNamed: true },
    ],
    rows: decidingTable(report).map((row) => [
      { kind: 'marked', mark: row.mark, words: row.check },
      decidingValues(row),
      row.change,
      row.limit,
    ]),
    room: { least: 18, most: Number.POSITIVE_INFINITY },
  };
}
