import type { Report } from '../../compare/report.ts';
import { CALIBRATION_COLUMNS, type CalibrationRow, judgedRows } from '../text/calibration.ts';
import { MARKS, type Paint, painter } from './paint.ts';
import { phraseLine } from './phrase.ts';
import { type Column, type TerminalOptions, terminalTable } from './table.ts';
import { wrap } from './wrap.ts';

/** Below this many columns there is no room for what each limit rests on: a sentence says it of all. */
const WIDE = 100;
const METRIC_WIDTH = 18;
const NUMBERS = new Set<string>(['candidate', 'seen', 'limit']);

/** Every number that known-good checkpoints set a limit for. Empty without any. */
export function renderCalibrated(report: Report, { color, width }: TerminalOptions): string {
  const rows = judgedRows(report);
  if (rows.length === 0) return '';
  const columns = CALIBRATION_COLUMNS.filter((head) => width >= WIDE || head !== 'source').map(
    (head): Column => ({ head, align: NUMBERS.has(head) ? 'right' : 'left' }),
  );
  const paint = painter(color);
  return terminalTable(
    columns,
    rows.map((row) => cellsOf(row, { width, paint }).slice(0, columns.length)),
  );
}

function cellsOf(
  { metric, place, candidate, seen, limit, source, mark }: CalibrationRow,
  { width, paint }: { readonly width: number; readonly paint: Paint },
): string[] {
  const name = phraseLine([metric]);
  const value = mark === null || mark === 'pass' ? candidate : paint(mark, `${MARKS[mark]} ${candidate}`);
  return [width < WIDE ? wrap(name, METRIC_WIDTH).join('\n') : name, place, value, seen, limit, source];
}
