import type { Report } from '../../compare/report.ts';
import { numberColumns, type Table, type TableCell } from '../document/block.ts';
import {
  formatEnds,
  formatInteger,
  formatPointsLimit,
  movementWords,
  NO_NUMBER,
  percentDigits,
  pointsDigits,
  probabilityDigits,
} from '../text/numbers.ts';
import { name } from '../text/phrase.ts';

const MOST = 24;
/** Characters of a name in a terminal. */
const NAME = 32;

/** Level, change in accuracy, and ruled-out loss of each suite. */
export function suiteTable({ suites = [] }: Report): Table {
  return {
    kind: 'table',
    title: 'What counts for each suite',
    columns: [
      { head: 'suite' },
      { head: 'level' },
      ...numberColumns('items', 'baseline → candidate', 'change', 'at least', 'limit'),
    ],
    rows: suites.map(suiteCells),
    most: { comment: MOST },
    rest: null,
    notes: () => [
      'Changes in points, of other forms where a suite has some; “at least” is the one-sided bound: a larger loss is ruled out. Suites of the gravest level are judged together as well.',
    ],
  };
}

function suiteCells(row: NonNullable<Report['suites']>[number]): TableCell[] {
  const { suite, level, required, isJudged, items, limit, baseline, candidate, change } = row;
  const isShown = baseline !== null && candidate !== null && change !== null;
  return [
    [name(suite, NAME)],
    `${level}${required ? ', required' : ''}${isJudged ? '' : ', not judged'}`,
    formatInteger(items),
    isShown ? movementWords({ baseline, candidate }, (share) => `${percentDigits(share)}%`) : NO_NUMBER,
    isShown ? pointsDigits(change.value) : NO_NUMBER,
    isShown && change.lower !== null ? pointsDigits(change.lower) : NO_NUMBER,
    formatPointsLimit(limit),
  ];
}

/** Slices of suites, the worst change first. One that is not judged has no p that would look like one. */
export function sliceTable({ slices = [] }: Report): Table {
  return {
    kind: 'table',
    title: 'Change by slice',
    columns: [
      { head: 'suite' },
      { head: 'field' },
      { head: 'value' },
      ...numberColumns('facts', 'baseline → candidate', 'change', 'p'),
    ],
    rows: slices.map(({ facts, baseline, candidate, change, lower, upper, p, isJudged, ...row }) => [
      ...[row.suite, row.field, row.value].map((text) => [name(text, NAME)]),
      formatInteger(facts),
      movementWords({ baseline, candidate }, (share) => `${percentDigits(share)}%`),
      `${pointsDigits(change)} (${formatEnds({ value: change, lower, upper }, pointsDigits)})`,
      isJudged && p !== null ? probabilityDigits(p) : 'not judged',
    ]),
    most: { comment: MOST, terminal: MOST / 2 },
    rest: null,
    notes: (more, medium) => {
      const rest =
        more > 0 && medium !== 'page' ? ` ${more} more${medium === 'comment' ? ' rows' : ''} in the JSON report.` : '';
      return [
        `Slices, the worst change first. p: one-sided sign-flip test over facts, adjusted for all slices (Holm). A slice of fewer than 20 facts, or in which the baseline guesses, is not judged.${rest}`,
      ];
    },
  };
}
