import { markdownTable } from 'markdown-table';
import { codeName } from '../escape.ts';
import {
  BENCHMARK_COLUMNS,
  type BenchmarkRows,
  benchmarkCells,
  metricWithFilter,
  shownBenchmarks,
} from '../text/benchmarks.ts';

/** The benchmarks of two evaluations: one row for each metric of a task. Empty without any. */
export function benchmarkTable(rows: BenchmarkRows): string {
  if (rows.length === 0) return '';
  const { shown, note } = shownBenchmarks(rows);
  const cells = shown.map((row) => [codeName(row.task), codeName(metricWithFilter(row)), ...benchmarkCells(row)]);
  const table = markdownTable([['benchmark', 'metric', ...BENCHMARK_COLUMNS], ...cells], {
    align: ['l', 'l', 'r', 'r', 'r', 'r'],
    alignDelimiters: false,
  });
  return `${table}\n\n<sub>${note}</sub>`;
}
