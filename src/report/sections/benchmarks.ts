import type { BenchmarkRow } from '../../compare/index.ts';
import type { Report } from '../../compare/report.ts';
import { numberColumns, type Table } from '../document/block.ts';
import { metricWithFilter } from '../text/benchmarks.ts';
import {
  formatDifference,
  formatInteger,
  formatInterval,
  formatNumber,
  formatPair,
  formatPointsEstimate,
  formatRatio,
  movementWords,
  NO_NUMBER,
  ofPassages,
  percentDigits,
  pointsDigits,
  probabilityDigits,
} from '../text/numbers.ts';
import { name, type Phrase, phrase, term } from '../text/phrase.ts';

/** An evaluation can have hundreds of tasks; groups come first. */
const MOST = 24;
/** Characters of a name in a terminal. */
const NAME = 32;

/** The benchmarks of two evaluations: one row for each metric of a task. */
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

/** Documents, movement, change and p; in % and points if answers are right or wrong, bare otherwise. */
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
    movementWords({ baseline, candidate }, (share) => `${percentDigits(share)}%`),
    `${pointsDigits(candidate - baseline)}${error} points`,
    test,
  ];
}

/** `250`, or `250 × 10` with ten samples each; then ` of 50 passages` if they share some. */
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

type BenchmarkTwinsRow = NonNullable<Report['benchmarkTwins']>[number];

/** Gains of a benchmark and of its group twins. */
function benchmarkTwinsNote({ benchmark, twins, gain, twinGain, delta, transfer }: BenchmarkTwinsRow): Phrase {
  const rate =
    transfer === null ? '' : phrase`, ${term('transfer', 'transfer')} ${formatInterval(transfer, formatRatio)}`;
  return phrase`${name(benchmark)} ${formatPointsEstimate(gain)}, its group twins ${name(twins)} ${formatPointsEstimate(twinGain)}: ${term('shadowDelta', 'shadow delta')} ${formatPointsEstimate(delta)}${rate}.`;
}
