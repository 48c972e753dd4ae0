import type { ProbeReport } from '../../../compare/report.ts';
import type { Table } from '../../document/block.ts';
import { drawTableHtml, foldedTable, tableNotes } from '../../render/html/draw.ts';
import { type Html, html } from '../../render/html/html.ts';
import { phraseHtml } from '../../render/html/phrase.ts';
import { familyTable, kindChangeTable, shadowTable } from '../../sections/accuracies.ts';
import { sliceTable, suiteTable } from '../../sections/benchmarks.ts';
import { EVIDENCE_TABLES } from '../../sections/evidence.ts';
import { probeRemarks, probeSectionNotes } from '../../text/probes.ts';
import type { PageOptions, PageSection } from '../section.ts';
import { formCharts, formTables } from './accuracy.ts';
import { benchmarks } from './benchmarks.ts';
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
