import type { Report } from '../../compare/report.ts';
import { probabilityDigits } from './benchmarks.ts';
import { movementWords } from './movement.ts';
import { formatEnds, formatInteger, formatPointsLimit, NO_NUMBER, percentDigits, pointsDigits } from './numbers.ts';

export type SuiteRows = NonNullable<Report['suites']>;

/** Columns after the name of a suite. */
export const SUITE_COLUMNS = ['level', 'items', 'baseline → candidate', 'change', 'at least', 'limit'] as const;

/** What counts for a suite, how its accuracy changed, and the loss that is ruled out. */
export function suiteCells({ level, required, isJudged, items, limit, ...row }: SuiteRows[number]): string[] {
  const { baseline, candidate, change } = row;
  const isShown = baseline !== null && candidate !== null && change !== null;
  return [
    `${level}${required ? ', required' : ''}${isJudged ? '' : ', not judged'}`,
    formatInteger(items),
    isShown ? movementWords({ baseline, candidate }, (share) => `${percentDigits(share)}%`) : NO_NUMBER,
    isShown ? pointsDigits(change.value) : NO_NUMBER,
    isShown && change.lower !== null ? pointsDigits(change.lower) : NO_NUMBER,
    formatPointsLimit(limit),
  ];
}

/** What stands below the table. */
export const SUITE_NOTE =
  'Changes in points, of other forms where a suite has some; “at least” is the one-sided bound: a larger loss is ruled out. Suites of the gravest level are judged together as well.';

type ReportedSlice = NonNullable<Report['slices']>[number];

/** Columns after suite, field and value. */
export const SLICE_COLUMNS = ['facts', 'baseline → candidate', 'change', 'p'] as const;

/** How the accuracy of a slice changed. One that is not judged has no p that would look like one. */
export function sliceCells({ facts, baseline, candidate, change, lower, upper, p, isJudged }: ReportedSlice): string[] {
  return [
    formatInteger(facts),
    movementWords({ baseline, candidate }, (share) => `${percentDigits(share)}%`),
    `${pointsDigits(change)} (${formatEnds({ value: change, lower, upper }, pointsDigits)})`,
    isJudged && p !== null ? probabilityDigits(p) : 'not judged',
  ];
}

/** What stands below the table. */
export const SLICE_NOTE =
  'Slices, the worst change first. p: one-sided sign-flip test over facts, adjusted for all slices (Holm). A slice of fewer than 20 facts, or in which the baseline guesses, is not judged.';
