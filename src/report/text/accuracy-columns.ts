import type { Both } from '../../compare/probes/index.ts';
import type { Term } from './glossary.ts';
import { movementWords } from './movement.ts';
import { formatInteger, percentDigits, pointsDigits } from './numbers.ts';

/** A column of numbers: name, unit (empty for none), and what the glossary calls it. */
export interface NumberColumn {
  readonly text: string;
  readonly unit: string;
  readonly term: Term | null;
}

/** The first columns of every table that has both benchmark forms and twins. */
export const ACCURACY_COLUMNS: readonly NumberColumn[] = [
  { text: 'facts', unit: '', term: null },
  { text: 'exam', unit: '%', term: 'benchmarkForm' },
  { text: 'other forms', unit: '%', term: 'twin' },
  { text: 'shadow gap', unit: 'points', term: 'shadowGap' },
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
