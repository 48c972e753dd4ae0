import { printable } from '../escape.ts';
import {
  BENCHMARK_COLUMNS,
  type BenchmarkRows,
  benchmarkCells,
  benchmarkNote,
  metricWithFilter,
} from '../text/benchmarks.ts';
import { type Column, terminalTable } from './table.ts';
import { wrap } from './wrap.ts';

const MAX_ROWS = 24;
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
  const shown = rows
    .slice(0, MAX_ROWS)
    .map((row) => [printable(row.task, NAME), printable(metricWithFilter(row), NAME), ...benchmarkCells(row)]);
  const more = rows.length - shown.length;
  const notes = wrap(`${benchmarkNote(rows)}${more > 0 ? ` ${more} more rows in report.json.` : ''}`, width - 2);
  return [terminalTable(columns, shown), ...notes.map((line) => `  ${line}`)].join('\n');
}
