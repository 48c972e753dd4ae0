import type { Report } from '../../../compare/report.ts';
import { SUITE_COLUMNS, SUITE_NOTE, suiteCells } from '../../text/suites.ts';
import { type Html, html } from '../html.ts';
import { cellsTable } from './cells-table.ts';

/** What counts for each suite, where the policy says so. */
export function suites({ suites: rows = [] }: Report): Html | null {
  if (rows.length === 0) return null;
  return html`<h3 id="probes-suites">Suites</h3>
${cellsTable({
  label: 'What counts for each suite',
  heads: ['suite', ...SUITE_COLUMNS],
  rows: rows.map((row) => [html`<code>${row.suite}</code>`, ...suiteCells(row)]),
  text: [1],
})}
<p class="note">${SUITE_NOTE}</p>`;
}
