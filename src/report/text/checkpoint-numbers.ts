import type { Estimate } from '../../compare/probes/index.ts';
import { leastOf, mostOf } from '../../statistics/index.ts';
import { formatEnds, formatPart, NO_NUMBER } from './numbers.ts';

/** One number of several checkpoints. */
export interface CheckpointNumber {
  readonly head: string;
  readonly baseline: string;
  /** For each checkpoint: its value, then what belongs to it. */
  readonly cells: ReadonlyArray<readonly string[]>;
}

/** One number, or the lowest and the highest if the questions changed. */
export function baselineOver(values: ReadonlyArray<number | null>, show: (value: number) => string): string {
  const known = values.filter((value) => value !== null);
  if (known.length === 0) return NO_NUMBER;
  const [least, most] = [show(leastOf(known)), show(mostOf(known))];
  return least === most ? least : `${least} to ${most}`;
}

/** The transfer, `16%`, and its interval; null if the gain was too small. */
export const transferCell = (transfer: Estimate | null | undefined): string[] | null =>
  transfer ? [formatPart(transfer.value), formatEnds(transfer, formatPart)] : null;

/** A row of these numbers; none if no checkpoint has the number. */
export function checkpointNumber(
  head: string,
  cells: ReadonlyArray<readonly string[] | null>,
  baseline = NO_NUMBER,
): CheckpointNumber[] {
  return cells.every((cell) => cell === null)
    ? []
    : [{ head, baseline, cells: cells.map((cell) => cell ?? [NO_NUMBER]) }];
}
