import type { Calibration } from '../../compare/calibration/index.ts';
import { printable } from '../escape.ts';
import { drawTable } from '../render/terminal/draw.ts';
import type { TerminalOptions } from '../render/terminal/table.ts';
import { wrap } from '../render/terminal/wrap.ts';
import { limitTable } from '../sections/calibration-limits.ts';
import { knownGoodCount } from '../text/calibration.ts';

interface CalibrationOptions extends TerminalOptions {
  readonly path: string;
  readonly alpha: number;
}

export function renderCalibration(calibration: Calibration, { path, alpha, ...options }: CalibrationOptions): string {
  const { runs, kind } = calibration;
  const { table, note, explained } = limitTable(calibration, alpha);
  const head = `calibrated with ${knownGoodCount(runs.length, kind)}: ${printable(path)}`;
  if (table.rows.length === 0) return `${head}\n${wrap(`${note} Add some with --add.`, options.width).join('\n')}`;
  const notes = [...explained, note].map((text) => wrap(text, options.width).join('\n'));
  return `${head}\n\n${drawTable(table, options)}\n\n${notes.join('\n')}`;
}
