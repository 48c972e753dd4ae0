import { markdownTable } from 'markdown-table';
import type { Report } from '../../compare/report.ts';
import type { DecidingRow } from '../text/deciding-row.ts';
import { DECIDING_COLUMNS, decidingTable, decidingValues } from '../text/deciding-table.ts';
import { ICONS } from '../text/words.ts';
import { phraseMarkdown } from './phrase.ts';

/** The numbers that decide, narrow enough for a phone. Empty without any. */
export function decidingTableMarkdown(report: Report): string {
  const rows = decidingTable(report);
  if (rows.length === 0) return '';
  return markdownTable([[...DECIDING_COLUMNS], ...rows.map(cellsOf)], {
    align: ['l', 'l', 'l', 'l'],
    alignDelimiters: false,
  });
}

function cellsOf(row: DecidingRow): string[] {
  return [
    `${ICONS[row.mark]} ${phraseMarkdown(row.check, { narrow: true })}`,
    ...[decidingValues(row), row.change, row.limit].map(breakable),
  ];
}

/** In a narrow column, a unit may stand below its number. */
const breakable = (text: string): string => text.replaceAll('\u00a0', ' ');

/** The same of a pass, in one line. */
export function decidingLine(report: Report): string {
  return decidingTable(report)
    .map((row) => `${ICONS[row.mark]}\u00a0${phraseMarkdown(row.check, { narrow: true })} ${decidingValues(row)}`)
    .join(' · ');
}
