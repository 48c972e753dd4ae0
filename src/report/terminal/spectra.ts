import { styleText } from 'node:util';
import { groupBy } from '@shadow-gate/platform';
import type { Measurement, TensorMeasurement } from '../../measure/schema/index.ts';
import { printable, shorten } from '../escape.ts';
import { roomForFirst, type TerminalColumn, type TerminalOptions, terminalTable } from '../render/terminal/table.ts';
import { wrap } from '../render/terminal/wrap.ts';
import { ofName } from '../text/metric-names.ts';
import { formatCount, formatInteger, formatNumber } from '../text/numbers.ts';
import { sparkline } from '../text/sparkline.ts';
import { STATUS } from '../text/words.ts';

/** At least, even if the table is then wider than the terminal. */
const SHORTEST_NAME = 16;
/** A longer name is shortened in the middle. */
const NAME_LINES = 3;
/** A narrower terminal has a shorter sparkline, and no effective rank. */
const WIDE = 100;

/** The table of `shadow-gate spectra`: one row a matrix. */
export function renderSpectra(tensors: readonly TensorMeasurement[], { color, width }: TerminalOptions): string {
  const wide = width >= WIDE;
  const columns: TerminalColumn[] = [
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

/** Breaks a name after its dots, since people read `model.layers.3.` and `mlp.down_proj.weight` as words. */
function nameLines(name: string, room: number): string[] {
  const lines = [''];
  for (const word of shorten(name, NAME_LINES * (room - 1)).split(/(?<=\.)/)) {
    const last = lines.length - 1;
    if (Array.from(`${lines[last]}${word}`).length <= room) lines[last] += word;
    else lines.push(shorten(word, room));
  }
  return lines.filter((line) => line !== '');
}

/** --json has all reasons and names. */
const [MAX_REASONS, MAX_NAMES] = [20, 10] as const;
const INDENT = '  ';

/** Tensors without a row in the table: the number of vectors, and skipped ones by reason. */
export function renderUnmeasured(
  { vectors, skipped }: Pick<Measurement, 'vectors' | 'skipped'>,
  { width }: Pick<TerminalOptions, 'width'>,
): string {
  const lines: string[] = [];
  if (vectors.length > 0) {
    lines.push(`${formatCount(vectors.length, 'vector has', 'vectors have')} no spectrum (norm weights, biases).`);
  }
  if (skipped.length > 0) lines.push(skippedSentence(skipped));
  const byReason = [...groupBy(skipped, ({ reason }) => reason)];
  for (const [reason, tensors] of byReason.slice(0, MAX_REASONS)) {
    const names = tensors.slice(0, MAX_NAMES).map(({ name }) => printable(name, NAME_LENGTH));
    const more = tensors.length > MAX_NAMES ? ` and ${formatInteger(tensors.length - MAX_NAMES)} more` : '';
    lines.push(...hanging(`${printable(reason)}: ${names.join(', ')}${more}`, width));
  }
  if (byReason.length > MAX_REASONS) {
    lines.push(`${INDENT}and ${formatCount(byReason.length - MAX_REASONS, 'more reason')}: see --json`);
  }
  return lines.join('\n');
}

const NAME_LENGTH = 120;

function skippedSentence(skipped: Measurement['skipped']): string {
  const parameters = skipped.reduce((sum, { parameters = 0 }) => sum + parameters, 0);
  const size = parameters === 0 ? 'no parameters' : formatCount(parameters, 'parameter');
  return `${formatCount(skipped.length, 'tensor was', 'tensors were')} skipped, with ${size}:`;
}

function hanging(text: string, width: number): string[] {
  const [first = '', ...rest] = wrap(text, width - 2 * INDENT.length);
  return [`${INDENT}${first}`, ...rest.map((line) => `${INDENT}${INDENT}${line}`)];
}
