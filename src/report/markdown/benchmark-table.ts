import { markdownTable } from 'markdown-table';
import { codeName } from '../escape.ts';
import {
  BENCHMARK_COLUMNS,
  type BenchmarkRows,
  benchmarkCells,
  benchmarkNote,
  metricWithFilter,
} from '../text/benchmarks.ts';

/** An evaluation can have hundreds of tasks; groups come first. */
const MAX_ROWS = 24;

/** The benchmarks of two evaluations: one row for each metric of a task. Empty without any. */
export function benchmarkTable(rows: BenchmarkRows): string {
  if (rows.length === 0) return '';
  const shown = rows
    .slice(0, MAX_ROWS)
    .map((row) => [codeName(row.task), codeName(metricWithFilter(row)), ...benchmarkCells(row)]);
  const table = markdownTable([['benchmark', 'metric', ...BENCHMARK_COLUMNS], ...shown], {
    align: ['l', 'l', 'r', 'r', 'r', 'r'],
    alignDelimiters: false,
  });
  const more = rows.length - shown.length;
  const rest = more > 0 ? ` ${more} more rows in report.json.` : '';
  return `${table}\n\n<sub>${benchmarkNote(rows)}${rest}</sub>`;
}
