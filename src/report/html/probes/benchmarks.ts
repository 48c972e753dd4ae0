import type { BenchmarkRow } from '../../../compare/index.ts';
import type { Report } from '../../../compare/report.ts';
import { exactInterval } from '../../../statistics/index.ts';
import { cellsTable } from '../../render/html/cells-table.ts';
import { type Html, html } from '../../render/html/html.ts';
import { phraseHtml } from '../../render/html/phrase.ts';
import {
  BENCHMARK_COLUMNS,
  type BenchmarkRows,
  benchmarkCells,
  benchmarkIntervalNote,
  benchmarkNote,
  benchmarkTwinsNote,
  metricWithFilter,
} from '../../text/benchmarks.ts';
import { formatInteger, NO_NUMBER } from '../../text/numbers.ts';
import type { PageOptions } from '../section.ts';
import { accuracyChart, type ChartScope } from './accuracy-chart.ts';
import { SIDES_LEGEND } from './legend.ts';

/** Bars of the chart; the table has all benchmarks. */
const MAX_BARS = 24;
const LEVEL = 0.95;

/** Benchmarks from logs of an evaluation. Measurements keep no text of them, so that there are no items. */
export function benchmarks(rows: BenchmarkRows, { benchmarkTwins: twins = [] }: Report, { docs }: PageOptions): Html {
  const scopes = rows.flatMap((row) => scopeOf(row) ?? []).slice(0, MAX_BARS);
  const label = 'Accuracy by benchmark: the numbers are in the table';
  const caption = html`${benchmarkIntervalNote(LEVEL)}`;
  const chart =
    scopes.length === 0 ? null : html`<div>${SIDES_LEGEND}\n${accuracyChart({ scopes, label, caption })}</div>`;
  return html`<h3 id="probes-benchmarks">Benchmarks from logs</h3>
<div class="beside">${chart}<div>
${cellsTable({
  label: 'Benchmarks from logs',
  heads: ['benchmark', 'metric', ...BENCHMARK_COLUMNS, 'newly wrong', 'newly right'],
  rows: rows.map((row) => [
    html`<code>${row.task}</code>`,
    html`<code>${metricWithFilter(row)}</code>`,
    ...benchmarkCells(row),
    ...[row.onlyBaseline, row.onlyCandidate].map((count) => (count === null ? NO_NUMBER : formatInteger(count))),
  ]),
  text: [1],
})}
<p class="note">${benchmarkNote(rows)}</p>
${twins.map((row) => html`<p>${phraseHtml(benchmarkTwinsNote(row), docs)}</p>`)}</div></div>`;
}

/** The bar of a metric whose answers are right or wrong; null for other metrics. */
function scopeOf(row: BenchmarkRow): ChartScope | null {
  const { bothRight, onlyBaseline, onlyCandidate, n, units = n } = row;
  if (bothRight === null || onlyBaseline === null || onlyCandidate === null || n === 0) return null;
  const estimate = (right: number) => {
    const value = Math.min(right, n);
    return { value: value / n, ...exactInterval({ right: (value * units) / n, n: units, level: LEVEL }) };
  };
  return {
    title: `${row.task} · ${metricWithFilter(row)}`,
    lines: [
      { label: '', baseline: estimate(bothRight + onlyBaseline), candidate: estimate(bothRight + onlyCandidate) },
    ],
  };
}
