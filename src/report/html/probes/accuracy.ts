import { groupBy } from '@shadow-gate/platform';
import type { AccuracyRow, Estimate } from '../../../compare/probes/index.ts';
import type { ProbeReport } from '../../../compare/report.ts';
import { type Html, html, NOTHING } from '../../render/html/html.ts';
import { phraseHtml } from '../../render/html/phrase.ts';
import { formatCount, formatInteger, NO_NUMBER, percentDigits } from '../../text/numbers.ts';
import { accuracyCaption, intervalCell } from '../../text/probe-charts.ts';
import { formName } from '../../text/twin-words.ts';
import type { PageOptions } from '../section.ts';
import { accuracyChart, CANDIDATE_LEGEND, SIDES_LEGEND } from './accuracy-chart.ts';

/** A file may have hundreds of capabilities. */
const MAX_SCOPES = 12;
const MAX_ROWS = 200;

export function formCharts({ accuracies: rows, comparison }: ProbeReport, { docs }: PageOptions): Html {
  if (rows.length === 0) {
    return html`<p class="note">This report was made by a version that did not keep accuracies by form with their intervals. The tables below have what it kept.</p>`;
  }
  const isPassages = rows.some(({ facts, items, units }) => items > facts || units !== undefined);
  const caption = phraseHtml(accuracyCaption(comparison.confidence, isPassages), docs);
  const { byCapability, bySuite } = scopesOf(rows);
  const legend = rows[0]?.baseline ? SIDES_LEGEND : CANDIDATE_LEGEND;
  const suites =
    bySuite.length === 0
      ? null
      : html`<h3>Accuracy by form and suite</h3>\n${legend}\n${scopesChart(bySuite, 'suite', caption)}`;
  return html`<h3 id="probes-accuracy">Accuracy by form and capability</h3>
${legend}
${scopesChart(byCapability, 'capability', caption)}
${suites}`;
}

export function formTables({ accuracies: rows }: ProbeReport): Html {
  if (rows.length === 0) return NOTHING;
  const { byCapability, bySuite, byPart } = scopesOf(rows);
  const tables = [
    accuracyTable(byCapability, 'capability'),
    ...(bySuite.length === 0 ? [] : [accuracyTable(bySuite, 'suite')]),
    ...(byPart.length === 0 ? [] : [accuracyTable(byPart, 'suite and capability')]),
  ];
  return html`<details><summary>Accuracies with their intervals</summary>${tables}</details>`;
}

function scopesOf(rows: readonly AccuracyRow[]) {
  const by = (own: readonly AccuracyRow[], titleOf: (row: AccuracyRow) => string): TableScope[] =>
    [...groupBy(own, titleOf)].map(([title, ofTitle]) => ({ title, rows: ofTitle }));
  // One capability is everything.
  const isOnlyOne = new Set(rows.map(({ capability }) => capability)).size <= 2;
  const whole = rows.filter(({ suite, capability }) => suite === null && (capability === null || !isOnlyOne));
  const suites = rows.filter(({ suite, capability }) => suite !== null && capability === null);
  const parts = rows.filter(({ suite, capability }) => suite !== null && capability !== null);
  return {
    byCapability: by(whole, ({ capability }) => capability ?? 'all'),
    bySuite: by(suites, ({ suite }) => suite ?? ''),
    byPart: by(parts, ({ suite, capability }) => `${suite} · ${capability}`),
  };
}

interface TableScope {
  readonly title: string;
  readonly rows: readonly AccuracyRow[];
}

function scopesChart(scopes: readonly TableScope[], head: string, caption: Html): Html {
  const shown = scopes.slice(0, MAX_SCOPES);
  const label = `Accuracy by form and ${head}: the numbers are in the table`;
  const more = scopes.length > shown.length ? html` The chart has the first ${shown.length}.` : null;
  const drawn = shown.map(({ title, rows }) => {
    return { title, lines: rows.map((row) => ({ ...row, label: formName(row.form, row.kind) })) };
  });
  return accuracyChart({ scopes: drawn, label, caption: html`${caption}${more}` });
}

function accuracyTable(scopes: readonly TableScope[], head: string): Html {
  const rows = scopes.flatMap(({ title, rows: own }) =>
    own.map((row, i) => ({ title, row, span: i === 0 ? own.length : 0 })),
  );
  const shown = rows.slice(0, MAX_ROWS);
  const more = rows.length - shown.length;
  const interval = (estimate: Estimate | null) => (estimate ? intervalCell(estimate, percentDigits) : NO_NUMBER);
  const body = shown.map(({ title, row, span }, i) => {
    const numbers = [formatInteger(row.facts), interval(row.baseline), interval(row.candidate)];
    const rest = Math.min(span, shown.length - i);
    const first = rest > 0 ? html`<th scope="rowgroup" rowspan="${rest}">${title}</th>` : null;
    return html`<tr>${first}<td>${formName(row.form, row.kind)}</td>${numbers.map((cell) => html`<td class="number">${cell}</td>`)}</tr>\n`;
  });
  const heads = ['facts', 'baseline, %', 'candidate, %'];
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Accuracy by form and ${head}"><table aria-label="Accuracy by form and ${head}">
<thead><tr><th scope="col">${head}</th><th scope="col">form</th>${heads.map((text) => html`<th scope="col" class="number">${text}</th>`)}</tr></thead>
<tbody>${body}</tbody></table></div>${more > 0 ? html`<p class="note">And ${formatCount(more, 'more row')} in report.json.</p>` : null}`;
}
