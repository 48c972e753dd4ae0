import type { BenchmarkRow } from '../../../compare/index.ts';
import type { ProbeReport, Report } from '../../../compare/report.ts';
import { exactInterval } from '../../../statistics/index.ts';
import type { Table } from '../../document/block.ts';
import { drawTableHtml, foldedTable, tableNotes } from '../../render/html/draw.ts';
import { type Html, html } from '../../render/html/html.ts';
import { phraseHtml } from '../../render/html/phrase.ts';
import { familyTable, kindChangeTable, shadowTable } from '../../sections/accuracies.ts';
import { benchmarkTable, sliceTable, suiteTable } from '../../sections/benchmarks.ts';
import { EVIDENCE_TABLES } from '../../sections/evidence.ts';
import { metricWithFilter } from '../../text/benchmarks.ts';
import { probeRemarks, probeSectionNotes } from '../../text/probes.ts';
import type { PageOptions, PageSection } from '../section.ts';
import { formCharts, formTables } from './accuracy.ts';
import { accuracyChart, type ChartScope, SIDES_LEGEND } from './accuracy-chart.ts';
import { items } from './items.ts';
import { planes } from './planes.ts';

/** The behavioral half, and benchmarks from logs. */
export const PROBES_SECTION: PageSection = {
  id: 'probes',
  title: 'Probes',
  render(report, options): Html | null {
    const { probes, benchmarks: rows } = report;
    if (probes === null && rows === null) return null;
    const ofProbes =
      probes &&
      html`<div class="two">${[formCharts(probes, options), planes(probes, report, options)].map((part) => html`<div>${part}</div>`)}</div>
${drawTableHtml(shadowTable(probes), options.docs)}
${formTables(probes)}${foldedTable(kindChangeTable(probes), options.docs)}
${items(probes, options)}
${probeNumbers(probes, options)}`;
    return html`${ofProbes}${benchmarks(report, options)}${titled('suites', 'Suites', suiteTable(report), options)}${titled('slices', 'Slices', sliceTable(report), options)}`;
  },
};

function titled(id: string, title: string, table: Table, { docs }: PageOptions): Html | null {
  if (table.rows.length === 0) return null;
  return html`<h3 id="probes-${id}">${title}</h3>\n${drawTableHtml(table, docs)}\n${tableNotes(table, docs)}`;
}

/** Notes and folded tables of the comparison. */
function probeNumbers(probes: ProbeReport, { docs }: PageOptions): Html {
  const notes = [...probeSectionNotes(probes), ...probeRemarks(probes.comparison)];
  const tables = [familyTable, ...EVIDENCE_TABLES].map((of) => html`\n${foldedTable(of(probes), docs)}`);
  return html`<h3 id="probes-tests">What the tests saw</h3>
<ul class="notes">${notes.map((note) => html`<li>${phraseHtml(note, docs)}</li>\n`)}</ul>${tables}`;
}

const MAX_BARS = 24;
const LEVEL = 0.95;

/** Benchmarks from evaluation logs; null without any. */
function benchmarks(report: Report, { docs }: PageOptions): Html | null {
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
