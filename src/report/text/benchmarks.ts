import type { BenchmarkRow } from '../../compare/index.ts';
import type { Report } from '../../compare/report.ts';
import { movementWords } from './movement.ts';
import {
  formatCount,
  formatDifference,
  formatInteger,
  formatInterval,
  formatNumber,
  formatPair,
  formatPointsEstimate,
  formatRatio,
  NO_NUMBER,
  ofPassages,
  percentDigits,
  pointsDigits,
} from './numbers.ts';
import { name, type Phrase, phrase, term } from './phrase.ts';

type BenchmarkTwinsRow = NonNullable<Report['benchmarkTwins']>[number];
export type BenchmarkRows = NonNullable<Report['benchmarks']>;

/** Columns after task and metric. */
export const BENCHMARK_COLUMNS = ['documents', 'baseline → candidate', 'change', 'p'] as const;

/** `acc`, or `exact_match, strict-match`; foreign. */
export function metricWithFilter({ metric, filter }: Pick<BenchmarkRow, 'metric' | 'filter'>): string {
  return filter === 'none' ? metric : `${metric}, ${filter}`;
}

/** The cells of these columns: in % and points where answers are right or wrong, bare numbers otherwise. */
export function benchmarkCells(row: BenchmarkRow): string[] {
  const { p, change } = row;
  const documents = documentsCell(row);
  const [baseline, candidate] = [row.baseline.value, row.candidate.value];
  const test = p === null ? NO_NUMBER : probabilityDigits(p);
  if (baseline === null || candidate === null) {
    return [documents, `${formatNumber(baseline)}\u00a0→\u00a0${formatNumber(candidate)}`, NO_NUMBER, test];
  }
  if (p !== null) {
    return [
      documents,
      movementWords({ baseline, candidate }, (share) => `${percentDigits(share)}%`),
      `${pointsDigits(candidate - baseline)}${errorWords(change?.stderr)} points`,
      test,
    ];
  }
  const [before, after] = formatPair(baseline, candidate);
  return [documents, `${before}\u00a0→\u00a0${after}`, formatDifference(candidate - baseline), test];
}

/** `250`, or `250 × 10` of ten samples each; ` of 50 passages` after it where they share some. */
function documentsCell({ n, units, samples }: BenchmarkRow): string {
  return `${questionsCell({ n, samples })}${ofPassages(units).replaceAll(' ', '\u00a0')}`;
}

function questionsCell({ n, samples }: Pick<BenchmarkRow, 'n' | 'samples'>): string {
  if (samples === undefined) return formatInteger(n);
  return `${formatInteger(n)}\u00a0×\u00a0${Number.isInteger(samples) ? samples : samples.toFixed(1)}`;
}

function errorWords(stderr: number | null | undefined): string {
  return typeof stderr === 'number' ? `\u00a0±\u00a0${percentDigits(stderr)}` : '';
}

export function probabilityDigits(p: number): string {
  return p < 0.0001 ? '< 0.0001' : p.toPrecision(2);
}

/** An evaluation can have hundreds of tasks; groups come first. */
const MAX_ROWS = 24;

/**
 * The rows of a table, and what stands below it: what a row counts, what a pass does not say, and how many rows are
 * left out.
 */
export function shownBenchmarks(rows: BenchmarkRows): { readonly shown: BenchmarkRows; readonly note: string } {
  const shown = rows.slice(0, MAX_ROWS);
  const more = rows.length - shown.length;
  const rest = more > 0 ? ` ${more} more rows in the JSON report.` : '';
  return { shown, note: `${benchmarkNote(rows)}${rest}` };
}

/** What stands below any table of them. */
export function benchmarkNote(rows: BenchmarkRows): string {
  const hidden = rows.some(({ p }) => p === null) ? ' Metrics without p are shown and not judged.' : '';
  const units = rows.some((row) => row.units !== undefined) ? 'documents, or passages that several share' : 'documents';
  const isSampled = rows.some(({ samples }) => samples !== undefined) || units !== 'documents';
  const test = isSampled
    ? `exact sign-flip test over ${units}, two-sided: ${units === 'documents' ? 'samples of one document' : 'answers to one passage'} are not independent.`
    : 'exact McNemar test, two-sided, of answers to the same documents.';
  const error = rows.some(({ change }) => change !== null) ? `±: standard error over ${units}. ` : '';
  return `${error}p: ${test}${hidden}`;
}

export function benchmarkIntervalNote(level: number): string {
  return `Share of right answers, with ${Math.round(100 * level)}% intervals (Clopper and Pearson’s exact ones), where answers are right or wrong. Both sides answered the same documents: intervals that overlap may still differ.`;
}

/** What nobody could measure in logs. */
export function withoutInLogs({ benchmarkTwins }: Report): string {
  return benchmarkTwins === undefined ? 'no weights and no other forms' : 'no weights';
}

/** The gain of a benchmark and that of its group twins. */
export function benchmarkTwinsNote({ benchmark, twins, gain, twinGain, delta, transfer }: BenchmarkTwinsRow): Phrase {
  const rate =
    transfer === null ? '' : phrase`, ${term('transfer', 'transfer')} ${formatInterval(transfer, formatRatio)}`;
  return phrase`${name(benchmark)} ${formatPointsEstimate(gain)}, its group twins ${name(twins)} ${formatPointsEstimate(twinGain)}: ${term('shadowDelta', 'shadow delta')} ${formatPointsEstimate(delta)}${rate}.`;
}

/** Tasks and groups with a row, each by its documents. */
export function comparedSentence(rows: BenchmarkRows): string {
  const tasks = new Map(rows.map(({ task, n }) => [task, n]));
  return formatCount(tasks.size, 'benchmark');
}
