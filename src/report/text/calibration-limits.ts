import type { Calibration, CalibrationKind, CalibrationRun } from '../../compare/calibration/index.ts';
import { formatCount } from './numbers.ts';

/** `4 known-good runs`, `6 checkpoints of one run`. */
export function knownGoodCount(count: number, kind: CalibrationKind): string {
  return kind === 'series'
    ? formatCount(count, 'checkpoint of one run', 'checkpoints of one run')
    : formatCount(count, 'known-good run');
}

/** A calibration and its predecessor; null for the first one. */
export interface Replaced {
  readonly before: Calibration | null;
  readonly after: Calibration;
}

/** `from 4 to 5 known-good runs`. */
export function howItChanges({ before, after }: Replaced): string {
  const count = knownGoodCount(after.runs.length, after.kind);
  if (before === null) return `${count}, the first calibration`;
  const gone = runsWithout(before.runs, after.runs).length;
  const left = gone === 0 ? '' : `, without ${gone} of before`;
  return before.runs.length === after.runs.length && gone === 0
    ? `${count}, as before`
    : `from ${before.runs.length} to ${count}${left}`;
}

/** Those that the others lack. */
export function runsWithout(
  runs: readonly CalibrationRun[],
  others: readonly CalibrationRun[],
): readonly CalibrationRun[] {
  return runs.filter(({ digest }) => !others.some((other) => other.digest === digest));
}
