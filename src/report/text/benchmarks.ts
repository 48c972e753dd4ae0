import type { BenchmarkRow } from '../../compare/index.ts';
import type { Report } from '../../compare/report.ts';
import { formatCount } from './numbers.ts';

/** `acc`, or `exact_match, strict-match`; foreign. */
export const metricWithFilter = ({ metric, filter }: Pick<BenchmarkRow, 'metric' | 'filter'>): string =>
  filter === 'none' ? metric : `${metric}, ${filter}`;

/** Parts that logs lack. */
export const withoutInLogs = ({ benchmarkTwins }: Report): string =>
  benchmarkTwins === undefined ? 'no weights and no other forms' : 'no weights';

/** `3 benchmarks`: tasks and groups with a row. */
export const comparedSentence = (rows: NonNullable<Report['benchmarks']>): string =>
  formatCount(new Set(rows.map(({ task }) => task)).size, 'benchmark');
