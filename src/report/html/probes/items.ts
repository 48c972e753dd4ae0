import { groupBy } from '@shadow-gate/platform';
import type { Flip, ItemTable } from '../../../compare/probes/index.ts';
import type { ProbeReport } from '../../../compare/report.ts';
import { shorten } from '../../escape.ts';
import { type Html, html, lines, NOTHING } from '../../render/html/html.ts';
import { phraseHtml } from '../../render/html/phrase.ts';
import { formatInteger } from '../../text/numbers.ts';
import {
  itemFormName,
  itemsIntroduction,
  leftOutSentence,
  NO_ITEMS,
  withheldSentence,
} from '../../text/probe-items.ts';
import { flipSummary, flipText } from '../../text/probes.ts';
import type { PageOptions } from '../section.ts';
import { factRow } from './fact-row.ts';

/** Bytes of all rows: the whole page stays below two megabytes. */
const MAX_BYTES = 1_000_000;

/** Every fact with its forms and answers; the page's script sorts and filters them. */
export function items({ items: table, comparison }: ProbeReport, { docs }: PageOptions): Html {
  if (table === null) {
    return html`<h3 id="probes-items">Items</h3><p class="note">${NO_ITEMS}</p>${flipCards(comparison.flips, docs)}`;
  }
  if (table.facts.length === 0) return NOTHING;
  const rows = rowsOf(table);
  const leftOut = leftOutSentence(table, rows.length);
  return html`<h3 id="probes-items">Items</h3>
<p class="note">${phraseHtml(itemsIntroduction(table), docs)} ${phraseHtml(withheldSentence(table), docs)}</p>
${leftOut === null ? null : html`<p class="note">${leftOut}</p>`}
${tools(table, rows.length)}${KEYS}
<div class="scroll tall" tabindex="0" role="region" aria-labelledby="probes-items"><table class="items" aria-label="Items">
<thead><tr>${HEADS.map(head)}</tr></thead>
<tbody>
${rows}</tbody></table></div>`;
}

/** Sortable columns; `data-key` is for the script. */
const HEADS = [
  { key: 'title', text: 'question', isNumber: false },
  { key: 'exam', text: 'exam', isNumber: false },
  { key: 'twin', text: 'other forms', isNumber: false },
  { key: 'b', text: 'Δ margin, exam', isNumber: true },
  { key: 't', text: 'Δ margin, other forms', isNumber: true },
] as const;

const head = ({ key, text, isNumber }: (typeof HEADS)[number]): Html =>
  html`<th scope="col" aria-sort="none" data-key="${key}"${isNumber ? html` class="number"` : null}>${text}</th>`;

function rowsOf(table: ItemTable): Html[] {
  const rows: Html[] = [];
  const namesSuite = new Set(table.parts.map(({ suite }) => suite)).size > 1;
  const anchors = anchorsOf(table);
  let bytes = 0;
  for (const [i, fact] of table.facts.entries()) {
    const row = factRow(fact, { table, namesSuite, anchor: anchors[i] ?? '' });
    bytes += Buffer.byteLength(row.text);
    if (bytes > MAX_BYTES) break;
    rows.push(row);
  }
  return rows;
}

const LONE_SURROGATE = /[\ud800-\udfff]/gu;

/** `item-recall-new-011.exam`; with suite and place if several items have the id. Safe in an address. */
function anchorsOf({ facts, parts }: ItemTable): string[] {
  const encoded = (text: string) => encodeURIComponent(text.replace(LONE_SURROGATE, '�'));
  const ids = groupBy(facts, ({ id }) => id);
  const places = new Map<string, number>();
  return facts.map(({ id, part }) => {
    const short = `item-${encoded(id)}`;
    if (ids.get(id)?.length === 1) return short;
    const long = `${short}/${encoded(parts[part]?.suite ?? '')}`;
    const place = (places.get(long) ?? 0) + 1;
    places.set(long, place);
    return place === 1 ? long : `${long}/${place}`;
  });
}

/** Controls for the script, hidden without it. Values of options are lists of parts. The template has names for CSV. */
function tools({ parts, forms, facts }: ItemTable, shown: number): Html {
  const flips = facts.some(({ flip }) => flip !== undefined);
  const names = parts.map(({ suite, capability, family }) => {
    return html`<p>${[suite, capability, family].map((name) => html`<i>${name}</i>`)}</p>`;
  });
  const exams = forms.map(({ form }) => (form === 'benchmark' || form === 'benchmark-text' ? 'b' : 't')).join('');
  return html`<div class="item-tools" role="group" aria-label="Filter the items" data-forms="${exams}">
<template>${names}</template><label>Search <input type="search" data-filter="search" aria-keyshortcuts="/"></label>
${select('Suite', 'suite', options(parts.map(({ suite }) => suite)))}
${select('Capability', 'capability', options(parts.map(({ capability }) => capability)))}
${select('Form', 'form', options(forms.map((form) => (form.aside ? `${itemFormName(form)} (aside)` : itemFormName(form)))))}
${flips ? html`<label><input type="checkbox" data-filter="flips"> only flips</label>` : null}
<label><input type="checkbox" data-filter="wrong"> only wrong</label>
<p role="status"><span>${formatInteger(shown)}</span> of ${formatInteger(shown)} facts</p>
<button type="button" data-csv="items">CSV</button> <button type="button" data-keys aria-haspopup="dialog">Keys</button>
</div>`;
}

/** Keys can be turned off, for people who use speech input (WCAG 2.2, 2.1.4). */
const KEYS = html`<dialog class="keys" aria-labelledby="keys-title"><h4 id="keys-title">Keys</h4>
<p><kbd>j</kbd> <kbd>n</kbd> next item <p><kbd>k</kbd> <kbd>p</kbd> previous item <p><kbd>/</kbd> search <p><kbd>?</kbd> these keys
<p><label><input type="checkbox" checked> these keys work</label> <button type="button">Close</button></dialog>`;

/** Indices by name. */
function options(names: readonly string[]): Map<string, number[]> {
  const places = new Map<string, number[]>();
  for (const [i, name] of names.entries()) places.set(name, [...(places.get(name) ?? []), i]);
  return places;
}

/** Characters of a choice. */
const OPTION = 60;

function select(label: string, filter: string, places: ReadonlyMap<string, readonly number[]>): Html | null {
  if (places.size < 2) return null;
  const each = [...places].map(
    ([name, indices]) => html`<option value="${indices.join(' ')}">${shorten(name, OPTION)}</option>`,
  );
  return html`<label>${label} <select data-filter="${filter}"><option value="">all</option>${each}</select></label>`;
}

/** The examples that a report without items has. */
function flipCards(flips: readonly Flip[], docs: string): Html {
  if (flips.length === 0) return NOTHING;
  const each = flips.map((flip) => {
    const forms = flip.beside === undefined ? [flip] : [flip.beside, flip];
    const prompts = forms.map(({ prompt }) => (prompt === null ? null : html`<div><pre>${lines(prompt)}</pre></div>`));
    return html`<li>${phraseHtml(flipText(flip), docs)}<div class="cards">${prompts}</div></li>\n`;
  });
  return html`<p>${flipSummary(flips)}</p>\n<ul class="flips">${each}</ul>`;
}
