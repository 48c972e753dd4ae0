import { styleText } from 'node:util';
import type { TensorMeasurement } from '../../measure/schema/measurement.ts';
import { printable, shorten } from '../escape.ts';
import { ofName } from '../text/metric-names.ts';
import { formatNumber } from '../text/numbers.ts';
import { sparkline } from '../text/sparkline.ts';
import { STATUS } from '../text/words.ts';
import { type Column, roomForFirst, type TerminalOptions, terminalTable } from './table.ts';

/** Where a name has less room than this, the table may be wider than the terminal. */
const SHORTEST_NAME = 16;
/** A longer name than so many lines is shortened in the middle. */
const NAME_LINES = 3;
/** Below this many columns the sparkline takes half the room, and the effective rank gives its own to the name. */
const WIDE = 100;

/** The table of `shadow-gate spectra`: one row a matrix, with its whole name on as many lines as the width asks for. */
export function renderSpectra(tensors: readonly TensorMeasurement[], { color, width }: TerminalOptions): string {
  const wide = width >= WIDE;
  const columns: Column[] = [
    { head: 'matrix' },
    { head: 'of' },
    { head: 'shape' },
    { head: 'σ₁', align: 'right' },
    { head: 'stable\nrank', align: 'right' },
    ...(wide ? [{ head: 'effective\nrank', align: 'right' } as const] : []),
    { head: 'top-1\nenergy', align: 'right' },
    { head: 'top-5%\nenergy', align: 'right' },
    { head: 'spectrum' },
  ];
  const rows = tensors.map(({ name, of, shape, metrics, status, spectrum }) => [
    printable(name),
    ofName(of),
    shape.join('×'),
    formatNumber(metrics?.spectralNorm),
    formatNumber(metrics?.stableRank),
    ...(wide ? [formatNumber(metrics?.effectiveRank)] : []),
    formatNumber(metrics?.topEnergy['1']),
    formatNumber(metrics?.topEnergy['5%']),
    metrics === null ? STATUS[status] : sparkline(spectrum, wide ? 16 : 8),
  ]);
  const room = Math.max(SHORTEST_NAME, roomForFirst(columns, rows, width));
  const table = terminalTable(
    columns,
    rows.map(([name = '', ...cells]) => [nameLines(name, room).join('\n'), ...cells]),
  );
  return color ? table.replace(/^[^─]*─+/, (head) => styleText('gray', head, { validateStream: false })) : table;
}

/** Breaks a name after its dots, because people read `model.layers.3.` and `mlp.down_proj.weight` as words. */
function nameLines(name: string, room: number): string[] {
  const lines = [''];
  for (const word of shorten(name, NAME_LINES * (room - 1)).split(/(?<=\.)/)) {
    const last = lines.length - 1;
    if (Array.from(`${lines[last]}${word}`).length <= room) lines[last] += word;
    else lines.push(shorten(word, room));
  }
  return lines.filter((line) => line !== '');
}
