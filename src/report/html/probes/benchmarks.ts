import type { BenchmarkRow } from '../../../compare/index.ts';
import type { Report } from '../../../compare/report.ts';
import { exactInterval } from '../../../statistics/index.ts';
import { drawTableHtml, tableNotes } from '../../render/html/draw.ts';
import { type Html, html } from '../../render/html/html.ts';
import { benchmarkTable } from '../../sections/benchmarks.ts';
import { metricWithFilter } from '../../text/benchmarks.ts';
import type { PageOptions } from '../section.ts';
import { accuracyChart, type ChartScope, SIDES_LEGEND } from './accuracy-chart.ts';

const MAX_BARS = 24;
const LEVEL = 0.95;

/** Benchmarks from evaluation logs; null without any. */
export function benchmarks(report: Report, { docs }: PageOptions): Html | null {
  const table = benchmarkTable(report);
  const rows = report.benchmarks ?? [];
  if (rows.length === 0) return null;
  const scopes = rows.flatMap((row) => scopeOf(row) ?? []).slice(0, MAX_BARS);
  const label = 'Accuracy by benchmark: the numbers are in the table';
  const caption = html`Share of right answers, with ${Math.round(100 * LEVEL)}% intervals (Clopper and Pearson’s exact ones), where answers are right or wrong. Both sides answered the same documents: intervals that overlap may still differ.`;
  const chart =
    scopes.length === 0 ? null : html`<div>${SIDES_LEGEND}\n${accuracyChart({ scopes, label, caption })}</div>`;
  return html`<h3 id="probes-benchmarks">Benchmarks from logs</h3>
<div class="beside">${chart}<div>
${drawTableHtml(table, docs)}
${tableNotes(table, docs)}</div></div>`;
}

/** Null for metrics without right and wrong answers. */
function scopeOf(row: BenchmarkRow): ChartScope | null {
  const { bothRight, onlyBaseline, onlyCandidate, n, units = n } = row;
  if (bothRight === null || onlyBaseline === null || onlyCandidate === null || n === 0) return null;
  const estimate = (right: number) => {
    const value = Math.min(right, n);
    return { value: value / n, ...exactInterval({ right: (value * units) / n, n: units, level: LEVEL }) };
  };
  const [baseline, candidate] = [estimate(bothRight + onlyBaseline), estimate(bothRight + onlyCandidate)];
  return { title: `${row.task} · ${metricWithFilter(row)}`, lines: [{ label: '', baseline, candidate }] };
}
