import type { Calibration } from '../../compare/calibration/index.ts';
import { printable } from '../escape.ts';
import { type TerminalColumn, type TerminalOptions, terminalTable } from '../render/terminal/table.ts';
import { wrap } from '../render/terminal/wrap.ts';
import { knownGoodCount, limitTable } from '../text/calibration-limits.ts';
import { plain } from '../text/phrase.ts';

interface CalibrationOptions extends TerminalOptions {
  readonly path: string;
  readonly alpha: number;
}

/**
 * Below this many columns, a line's errors take the room of what was seen, which says less about a limit that moves.
 */
const WIDE = 100;
const RIGHT = new Set(['seen', 'limit']);

/** What a calibration knows, and the limits that it sets. */
export function renderCalibration(calibration: Calibration, { path, alpha, width }: CalibrationOptions): string {
  const { runs, kind } = calibration;
  const { rows, note, explained } = limitTable(calibration, alpha);
  const head = `calibrated with ${knownGoodCount(runs.length, kind)}: ${printable(path)}`;
  if (rows.length === 0) return `${head}\n${wrap(`${note} Add some with --add.`, width).join('\n')}`;
  const hasErrors = rows.some(({ error }) => error !== null);
  const cells = rows.map(({ part, metric, seen, limit, shortSource, error }) => ({
    part,
    metric: plain([metric]),
    ...(hasErrors && width < WIDE ? {} : { seen }),
    limit,
    source: shortSource,
    ...(hasErrors ? { 'error (without line)': error ?? '' } : {}),
  }));
  const columns = Object.keys(cells[0] ?? {}).map(
    (name): TerminalColumn => ({ head: name, align: RIGHT.has(name) ? 'right' : 'left' }),
  );
  const table = terminalTable(columns, cells.map(Object.values<string>));
  const notes = [...explained, note].map((text) => wrap(text, width).join('\n'));
  return `${head}\n\n${table}\n\n${notes.join('\n')}`;
}
