import type { BenchmarkRow } from '../../compare/index.ts';
import type { Report } from '../../compare/report.ts';
import { formatCount } from './numbers.ts';

/** `acc`, or `exact_match, strict-match`; foreign. */
export function metricWithFilter({ metric, filter }: Pick<BenchmarkRow, 'metric' | 'filter'>): string {
  return filter === 'none' ? metric : `${metric}, ${filter}`;
}

/** Parts that logs lack. */
export function withoutInLogs({ benchmarkTwins }: Report): string {
  return benchmarkTwins === undefined ? 'no weights and no other forms' : 'no weights';
}

/** `3 benchmarks`: tasks and groups with a row. */
export function comparedSentence(rows: NonNullable<Report['benchmarks']>): string {
  return formatCount(new Set(rows.map(({ task }) => task)).size, 'benchmark');
}
