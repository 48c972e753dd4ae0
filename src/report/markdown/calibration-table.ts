import { markdownTable } from 'markdown-table';
import type { Report } from '../../compare/report.ts';
import { CALIBRATION_COLUMNS, type CalibrationRow, judgedRows } from '../text/calibration.ts';
import { ICONS } from '../text/words.ts';
import { phraseMarkdown } from './phrase.ts';

/** A vision-language model has more module types than a reader goes through: those beyond their limits come first. */
const MAX_ROWS = 40;

/** Every number that known-good checkpoints set a limit for. Empty without any. */
export function calibrationTable(report: Report): string {
  const all = judgedRows(report);
  if (all.length === 0) return '';
  const rows = all.slice(0, MAX_ROWS).map(cellsOf);
  const table = markdownTable([[...CALIBRATION_COLUMNS], ...rows], {
    align: ['l', 'l', 'r', 'r', 'r', 'l'],
    alignDelimiters: false,
  });
  const more = all.length - rows.length;
  return more > 0 ? `${table}\n\n<sub>and ${more} more in report.json</sub>` : table;
}

function cellsOf({ metric, place, candidate, seen, limit, source, mark }: CalibrationRow): string[] {
  const value = mark === null || mark === 'pass' ? candidate : `${ICONS[mark]} **${candidate}**`;
  return [phraseMarkdown([metric]), place, value, seen, limit, source];
}
