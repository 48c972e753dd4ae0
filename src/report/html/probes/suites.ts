import type { Report } from '../../../compare/report.ts';
import { cellsTable } from '../../render/html/cells-table.ts';
import { type Html, html } from '../../render/html/html.ts';
import { SLICE_COLUMNS, SLICE_NOTE, SUITE_COLUMNS, SUITE_NOTE, sliceCells, suiteCells } from '../../text/suites.ts';

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

/** Slices of suites, the worst first. */
export function slices({ slices: rows = [] }: Report): Html | null {
  if (rows.length === 0) return null;
  return html`<h3 id="probes-slices">Slices</h3>
${cellsTable({
  label: 'Change by slice',
  heads: ['suite', 'field', 'value', ...SLICE_COLUMNS],
  rows: rows.map((row) => [
    html`<code>${row.suite}</code>`,
    html`<code>${row.field}</code>`,
    html`<code>${row.value}</code>`,
    ...sliceCells(row),
  ]),
  text: [1, 2],
})}
<p class="note">${SLICE_NOTE}</p>`;
}
