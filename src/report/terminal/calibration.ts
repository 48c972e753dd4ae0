import type { Calibration } from '../../compare/calibration/schema.ts';
import { printable } from '../escape.ts';
import { knownGoodCount, limitTable } from '../text/calibration-limits.ts';
import { plain } from '../text/phrase.ts';
import { type TerminalOptions, terminalTable } from './table.ts';
import { wrap } from './wrap.ts';

interface CalibrationOptions extends TerminalOptions {
  readonly path: string;
  readonly alpha: number;
}

const COLUMNS = [
  { head: 'part' },
  { head: 'metric' },
  { head: 'seen', align: 'right' as const },
  { head: 'limit', align: 'right' as const },
  { head: 'source' },
];

/** What a calibration knows, and the limits that it sets. */
export function renderCalibration(calibration: Calibration, { path, alpha, width }: CalibrationOptions): string {
  const { runs, kind } = calibration;
  const { rows, note } = limitTable(calibration, alpha);
  const head = `calibrated with ${knownGoodCount(runs.length, kind)}: ${printable(path)}`;
  if (rows.length === 0) return `${head}\n${wrap(`${note} Add some with --add.`, width).join('\n')}`;
  const table = terminalTable(
    COLUMNS,
    rows.map(({ part, metric, seen, limit, source }) => [part, plain([metric]), seen, limit, source]),
  );
  return `${head}\n\n${table}\n\n${wrap(note, width).join('\n')}`;
}
