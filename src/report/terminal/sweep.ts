import type { Sweep } from '../../compare/sweep/index.ts';
import { printable } from '../escape.ts';
import { indented } from '../render/terminal/draw.ts';
import { LEVEL_MARKS, painter } from '../render/terminal/paint.ts';
import { type TerminalOptions, terminalTable } from '../render/terminal/table.ts';
import { wrap } from '../render/terminal/wrap.ts';
import { bestSentence, countsSentence, sweepNotes, sweepNumbers, sweepUnits } from '../text/sweep.ts';

const NAME_LENGTH = 40;
const HEAD_WIDTH = 13;

export function renderSweep(sweep: Sweep, { color, width }: TerminalOptions): string {
  const paint = painter(color);
  const columns = sweepNumbers(sweep, { hasRoom: false });
  const table = terminalTable(
    [{ head: '  checkpoint' }, ...columns.map(({ head }) => ({ head: brokenHead(head), align: 'right' as const }))],
    sweep.checkpoints.map(({ name, verdict }, i) => [
      `${paint(verdict, LEVEL_MARKS[verdict])} ${printable(name, NAME_LENGTH)}\n  ${paint(verdict, verdict)}`,
      ...columns.map(({ cells }) => (cells[i] ?? []).join('\n')),
    ]),
  );
  const best = bestSentence(sweep);
  const units = sweepUnits(sweep);
  const sentences = [units, ...sweepNotes(sweep), best].filter((words) => words !== null);
  const { verdict } = sweep;
  const last = paint(verdict, `${LEVEL_MARKS[verdict]} ${verdict}: ${countsSentence(sweep)}`);
  return [table, ...sentences.map((words) => indented(words, width).join('\n')), `  ${last}`].join('\n\n');
}

/** A column is as wide as its numbers. */
const brokenHead = (head: string): string => wrap(head, HEAD_WIDTH).join('\n');
