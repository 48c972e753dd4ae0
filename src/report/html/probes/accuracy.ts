import { groupBy } from '@shadow-gate/platform';
import type { AccuracyRow } from '../../../compare/probes/index.ts';
import type { ProbeReport } from '../../../compare/report.ts';
import { formatCount } from '../../text/numbers.ts';
import { ACCURACY_HEADS, accuracyCaption, accuracyRowCells } from '../../text/probe-charts.ts';
import { formName } from '../../text/twin-kinds.ts';
import { type Html, html, NOTHING } from '../html.ts';
import { phraseHtml } from '../phrase.ts';
import type { PageOptions } from '../section.ts';
import { accuracyChart, type ChartScope } from './accuracy-chart.ts';
import { CANDIDATE_LEGEND, SIDES_LEGEND } from './legend.ts';

/** A file may have hundreds of capabilities: those of a chart, and the rows of a table. */
const MAX_SCOPES = 12;
const MAX_ROWS = 200;

/** Accuracy by form: of everything, by capability, and by suite where there are several. */
export function accuracyTables({ accuracies: rows, comparison }: ProbeReport, { docs }: PageOptions): Html {
  if (rows.length === 0) {
    return html`<p class="note">This report was made by a version that did not keep accuracies by form with their intervals. The tables below have what it kept.</p>`;
  }
  const caption = (own: readonly AccuracyRow[]) =>
    phraseHtml(
      accuracyCaption(
        comparison.confidence,
        own.some(({ facts, items, units }) => items > facts || units !== undefined),
      ),
      docs,
    );
  const isOnlyOne = new Set(rows.map(({ capability }) => capability)).size <= 2;
  // One capability is everything.
  const whole = rows.filter(({ suite, capability }) => suite === null && (capability === null || !isOnlyOne));
  const suites = rows.filter(({ suite, capability }) => suite !== null && capability === null);
  const parts = rows.filter(({ suite, capability }) => suite !== null && capability !== null);
  const legend = rows[0]?.baseline ? SIDES_LEGEND : CANDIDATE_LEGEND;
  return html`<h3 id="probes-accuracy">Accuracy by form and capability</h3>
${legend}
${beside(
  scopesOf(whole, ({ capability }) => capability ?? 'all'),
  'capability',
  caption(whole),
)}
${
  suites.length === 0
    ? null
    : html`<h3>Accuracy by form and suite</h3>\n${legend}\n${beside(
        scopesOf(suites, ({ suite }) => suite ?? ''),
        'suite',
        caption(suites),
      )}`
}
${partTable(parts)}`;
}

function scopesOf(rows: readonly AccuracyRow[], titleOf: (row: AccuracyRow) => string): TableScope[] {
  return [...groupBy(rows, titleOf)].map(([title, own]) => ({ title, rows: own }));
}

/** Rows of one capability, of one suite, or of everything. */
interface TableScope {
  readonly title: string;
  readonly rows: readonly AccuracyRow[];
}

function chartScope({ title, rows }: TableScope): ChartScope {
  return { title, lines: rows.map((row) => ({ ...row, label: formName(row.form, row.kind) })) };
}

/** The chart with its numbers beside it. */
function beside(scopes: readonly TableScope[], head: string, caption: Html): Html {
  const shown = scopes.slice(0, MAX_SCOPES);
  const more = scopes.length - shown.length;
  const label = `Accuracy by form and ${head}: the numbers are in the table`;
  return html`<div class="beside">${accuracyChart({ scopes: shown.map(chartScope), label, caption })}
<div>${accuracyTable(scopes, head)}${more > 0 ? html`<p class="note">The chart has the first ${shown.length}.</p>` : null}</div></div>`;
}

function accuracyTable(scopes: readonly TableScope[], head: string): Html {
  const rows = scopes.flatMap(({ title, rows: own }) =>
    own.map((row, i) => ({ title, row, span: i === 0 ? own.length : 0 })),
  );
  const shown = rows.slice(0, MAX_ROWS);
  const more = rows.length - shown.length;
  const body = shown.map(({ title, row, span }, i) => {
    const [form, ...numbers] = accuracyRowCells(row);
    const rest = Math.min(span, shown.length - i);
    const first = rest > 0 ? html`<th scope="rowgroup" rowspan="${rest}">${title}</th>` : null;
    return html`<tr>${first}<td>${form ?? ''}</td>${numbers.map((cell) => html`<td class="number">${cell}</td>`)}</tr>\n`;
  });
  const [form, ...heads] = ACCURACY_HEADS;
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Accuracy by form and ${head}"><table aria-label="Accuracy by form and ${head}">
<thead><tr><th scope="col">${head}</th><th scope="col">${form}</th>${heads.map((text) => html`<th scope="col" class="number">${text}</th>`)}</tr></thead>
<tbody>${body}</tbody></table></div>${more > 0 ? html`<p class="note">And ${formatCount(more, 'more row')} in report.json.</p>` : null}`;
}

/** Suites that share a capability with others have their part of it in a table alone. */
function partTable(rows: readonly AccuracyRow[]): Html {
  if (rows.length === 0) return NOTHING;
  const scopes = scopesOf(rows, ({ suite, capability }) => `${suite} · ${capability}`);
  return html`<details><summary>By suite and capability</summary>${accuracyTable(scopes, 'suite and capability')}</details>`;
}
