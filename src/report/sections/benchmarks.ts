import type { BenchmarkRow } from '../../compare/index.ts';
import type { Report } from '../../compare/report.ts';
import { numberColumns, type Table, type TableCell } from '../document/block.ts';
import { metricWithFilter } from '../text/benchmarks.ts';
import {
  formatDifference,
  formatEnds,
  formatInteger,
  formatInterval,
  formatNumber,
  formatPair,
  formatPercent,
  formatPointsEstimate,
  formatPointsLimit,
  formatRatio,
  movementWords,
  NO_NUMBER,
  ofPassages,
  percentDigits,
  pointsDigits,
  probabilityDigits,
} from '../text/numbers.ts';
import { name, type Phrase, phrase, term } from '../text/phrase.ts';

/** Rows; an evaluation can have hundreds of tasks. */
const MOST = 24;
/** Characters of a name in a terminal. */
const NAME = 32;

/** One row for each metric of a task. */
export function benchmarkTable({ benchmarks, benchmarkTwins = [] }: Report): Table {
  const rows = benchmarks ?? [];
  const count = (answers: number | null) => (answers === null ? NO_NUMBER : formatInteger(answers));
  return {
    kind: 'table',
    title: 'Benchmarks from logs',
    columns: [
      { head: 'benchmark' },
      { head: 'metric' },
      ...numberColumns('documents', 'baseline → candidate', 'change', 'p'),
      { head: 'newly wrong', isNumber: true, media: ['page'] },
      { head: 'newly right', isNumber: true, media: ['page'] },
    ],
    rows: rows.map((row) => [
      [name(row.task, NAME)],
      [name(metricWithFilter(row), NAME)],
      ...benchmarkCells(row),
      count(row.onlyBaseline),
      count(row.onlyCandidate),
    ]),
    most: { comment: MOST, terminal: MOST },
    rest: null,
    notes: (more, medium) => [
      `${benchmarkNote(rows)}${more > 0 && medium !== 'page' ? ` ${more} more rows in the JSON report.` : ''}`,
    ],
    remarks: benchmarkTwins.map(benchmarkTwinsNote),
  };
}

/** Documents, movement, change and p: in % and points if answers are right or wrong, else bare. */
function benchmarkCells(row: BenchmarkRow): string[] {
  const { p, change } = row;
  const documents = documentsCell(row);
  const [baseline, candidate] = [row.baseline.value, row.candidate.value];
  const test = p === null ? NO_NUMBER : probabilityDigits(p);
  if (baseline === null || candidate === null) {
    return [documents, `${formatNumber(baseline)}\u00a0→\u00a0${formatNumber(candidate)}`, NO_NUMBER, test];
  }
  if (p === null) {
    const [before, after] = formatPair(baseline, candidate);
    return [documents, `${before}\u00a0→\u00a0${after}`, formatDifference(candidate - baseline), test];
  }
  const error = typeof change?.stderr === 'number' ? `\u00a0±\u00a0${percentDigits(change.stderr)}` : '';
  return [
    documents,
    movementWords({ baseline, candidate }, formatPercent),
    `${pointsDigits(candidate - baseline)}${error} points`,
    test,
  ];
}

/** `250`, `250 × 10` with ten samples each, `250 of 50 passages`. */
function documentsCell({ n, units, samples }: BenchmarkRow): string {
  const each = samples === undefined ? '' : `\u00a0×\u00a0${Number.isInteger(samples) ? samples : samples.toFixed(1)}`;
  return `${formatInteger(n)}${each}${ofPassages(units).replaceAll(' ', '\u00a0')}`;
}

function benchmarkNote(rows: readonly BenchmarkRow[]): string {
  const hidden = rows.some(({ p }) => p === null) ? ' Metrics without p are shown and not judged.' : '';
  const units = rows.some((row) => row.units !== undefined) ? 'documents, or passages that several share' : 'documents';
  const isSampled = rows.some(({ samples }) => samples !== undefined) || units !== 'documents';
  const test = isSampled
    ? `exact sign-flip test over ${units}, two-sided: ${units === 'documents' ? 'samples of one document' : 'answers to one passage'} are not independent.`
    : 'exact McNemar test, two-sided, of answers to the same documents.';
  const error = rows.some(({ change }) => change !== null) ? `±: standard error over ${units}. ` : '';
  return `${error}p: ${test}${hidden}`;
}

type TwinsRow = NonNullable<Report['benchmarkTwins']>[number];

function benchmarkTwinsNote({ benchmark, twins, gain, twinGain, delta, transfer }: TwinsRow): Phrase {
  const rate =
    transfer === null ? '' : phrase`, ${term('transfer', 'transfer')} ${formatInterval(transfer, formatRatio)}`;
  return phrase`${name(benchmark)} ${formatPointsEstimate(gain)}, its group twins ${name(twins)} ${formatPointsEstimate(twinGain)}: ${term('shadowDelta', 'shadow delta')} ${formatPointsEstimate(delta)}${rate}.`;
}

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
    isShown ? movementWords({ baseline, candidate }, formatPercent) : NO_NUMBER,
    isShown ? pointsDigits(change.value) : NO_NUMBER,
    isShown && change.lower !== null ? pointsDigits(change.lower) : NO_NUMBER,
    formatPointsLimit(limit),
  ];
}

/** A slice that is not judged shows no p, which would look like a judgment. */
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
      movementWords({ baseline, candidate }, formatPercent),
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
