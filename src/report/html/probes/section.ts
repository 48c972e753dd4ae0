import { type Html, html } from '../../render/html/html.ts';
import type { PageSection } from '../section.ts';
import { formCharts, formTables } from './accuracy.ts';
import { benchmarks } from './benchmarks.ts';
import { items } from './items.ts';
import { kindsTable } from './kinds.ts';
import { probeNumbers, shadowTable } from './numbers.ts';
import { planes } from './planes.ts';
import { slices, suites } from './suites.ts';

/** The behavioral half: accuracies, what carried over, every item, the tests; and benchmarks from logs. */
export const PROBES_SECTION: PageSection = {
  id: 'probes',
  title: 'Probes',
  render(report, options): Html | null {
    const { probes, benchmarks: rows } = report;
    if (probes === null && rows === null) return null;
    const ofProbes =
      probes &&
      html`<div class="two">${[formCharts(probes, options), planes(probes, report, options)].map((part) => html`<div>${part}</div>`)}</div>
${shadowTable(probes, options)}
${formTables(probes)}${kindsTable(probes, options)}
${items(probes, options)}
${probeNumbers(probes, options)}`;
    return html`${ofProbes}${rows === null || rows.length === 0 ? null : benchmarks(rows, report, options)}${suites(report)}${slices(report)}`;
  },
};
