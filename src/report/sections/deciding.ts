import type { Report } from '../../compare/report.ts';
import type { Table } from '../document/block.ts';
import { DECIDING_COLUMNS, decidingTable, decidingValues } from '../summary/deciding-table.ts';

/** The numbers that decide, for a comment and a page. */
export function decidingBlock(report: Report): Table {
  return {
    kind: 'table',
    title: 'The numbers that decide',
    isNarrow: true,
    columns: DECIDING_COLUMNS.map((head) => ({ head })),
    rows: decidingTable(report).map((row) => [
      { kind: 'marked', mark: row.mark, words: row.check },
      decidingValues(row),
      row.change,
      row.limit,
    ]),
  };
}
