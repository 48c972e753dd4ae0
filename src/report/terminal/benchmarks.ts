import { printable } from '../escape.ts';
import {
  BENCHMARK_COLUMNS,
  type BenchmarkRows,
  benchmarkCells,
  metricWithFilter,
  shownBenchmarks,
} from '../text/benchmarks.ts';
import { type Column, terminalTable } from './table.ts';
import { wrap } from './wrap.ts';

/** Columns for a name, at most. */
const NAME = 32;

/** The benchmarks of two evaluations for a terminal. Empty without any. */
export function renderBenchmarks(rows: BenchmarkRows, width: number): string {
  if (rows.length === 0) return '';
  const columns: Column[] = [
    { head: 'benchmark' },
    { head: 'metric' },
    ...BENCHMARK_COLUMNS.map((head) => ({ head, align: 'right' as const })),
  ];
  const { shown, note } = shownBenchmarks(rows);
  const cells = shown.map((row) => [
    printable(row.task, NAME),
    printable(metricWithFilter(row), NAME),
    ...benchmarkCells(row),
  ]);
  return [terminalTable(columns, cells), ...wrap(note, width - 2).map((line) => `  ${line}`)].join('\n');
}
