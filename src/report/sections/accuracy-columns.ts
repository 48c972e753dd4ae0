import type { Both } from '../../compare/probes/index.ts';
import type { Column } from '../document/block.ts';
import { movementWords } from '../text/movement.ts';
import { formatInteger, percentDigits, pointsDigits } from '../text/numbers.ts';
import { term } from '../text/phrase.ts';

/** The first numbers of every table that has both benchmark forms and twins. */
export const ACCURACY_COLUMNS: readonly Column[] = [
  { head: 'facts', isNumber: true },
  { head: [term('benchmarkForm', 'exam')], unit: '%', isNumber: true },
  { head: [term('twin', 'other forms')], unit: '%', isNumber: true },
  { head: [term('shadowGap', 'shadow gap')], unit: 'points', isNumber: true },
];

/** The cells of these columns: accuracies and gap from baseline to candidate. */
export function accuracyCells(row: {
  readonly facts: number;
  readonly benchmark: Both;
  readonly twin: Both;
  readonly gap: Both;
}): string[] {
  return [
    formatInteger(row.facts),
    movementWords(row.benchmark, percentDigits),
    movementWords(row.twin, percentDigits),
    movementWords(row.gap, pointsDigits),
  ];
}
