import type { ShadowRow } from '../../../compare/probes/index.ts';
import type { ProbeReport } from '../../../compare/report.ts';
import { cellsTable } from '../../render/html/cells-table.ts';
import { type Html, type HtmlValue, html, NOTHING } from '../../render/html/html.ts';
import { phraseHtml } from '../../render/html/phrase.ts';
import type { NumberColumn } from '../../text/accuracy-columns.ts';
import { CHURN_COLUMNS, churnCells } from '../../text/churn.ts';
import type { Term } from '../../text/glossary.ts';
import { LEVEL_COLUMNS, levelCells } from '../../text/levels.ts';
import { term } from '../../text/phrase.ts';
import {
  exclusionText,
  familyCells,
  PROBE_COLUMNS,
  probeCells,
  probeRemarks,
  probeSectionNotes,
} from '../../text/probes.ts';
import { REFUSAL_COLUMNS, REFUSALS_TITLE, refusalCells } from '../../text/refusals.ts';
import {
  rowsOfTokens,
  TEXT_COLUMNS,
  TEXTS_TITLE,
  TOKEN_CHANGE_COLUMNS,
  TOKEN_CHANGES_TITLE,
  textCells,
  tokenChangeCells,
  unscoredTexts,
} from '../../text/texts.ts';
import { formName } from '../../text/twin-kinds.ts';
import type { PageOptions } from '../section.ts';

/** Shadow gap and shadow delta of everything, of suites and of capabilities. */
export function shadowTable({ comparison: { rows } }: ProbeReport, { docs }: PageOptions): Html {
  return cellsTable({
    label: 'Shadow gap and shadow delta',
    heads: ['suite or capability', ...PROBE_COLUMNS.map((own) => columnHead(own, docs))],
    rows: rows.map((row) => [rowName(row), ...probeCells(row)] as const),
  });
}

/** The tables and sentences of the comparison, folded: what the tests saw, and what they left out. */
export function probeNumbers(probes: ProbeReport, { docs }: PageOptions): Html {
  const { families, churn, levels, texts, refusals = [] } = probes.comparison;
  const tokens = rowsOfTokens(texts);
  const notes = [...probeSectionNotes(probes), ...probeRemarks(probes.comparison)];
  return html`<h3 id="probes-tests">What the tests saw</h3>
<ul class="notes">${notes.map((note) => html`<li>${phraseHtml(note, docs)}</li>\n`)}</ul>
${fold(
  'Families, and the tests that they take no part in',
  families.length > 0 &&
    cellsTable({
      label: 'Families',
      heads: [termHtml('family', 'family', docs), 'facts', 'exam, %', 'other forms, %', 'chance, %', 'excluded from'],
      rows: families.map((row) => {
        const excluded = row.excludedFrom.map((one) => html`<div>${exclusionText(one)}</div>`);
        return [html`<code>${row.family}</code>`, ...familyCells(row), excluded] as const;
      }),
      text: [5],
    }),
)}
${fold(
  'Answers that changed',
  churn.length > 0 &&
    cellsTable({
      label: 'Answers that changed',
      heads: [termHtml('churn', 'form', docs), ...CHURN_COLUMNS],
      rows: churn.map((row) => [formName(row.form, row.kind), ...churnCells(row)] as const),
    }),
)}
${fold(
  'Levels',
  levels.length > 0 &&
    cellsTable({
      label: 'Levels',
      heads: [termHtml('family', 'family', docs), ...LEVEL_COLUMNS],
      rows: levels.map((row) => [html`<code>${row.family}</code>`, ...levelCells(row)] as const),
      text: [1, 2],
    }),
)}
${fold(
  REFUSALS_TITLE,
  refusals.length > 0 &&
    cellsTable({
      label: REFUSALS_TITLE,
      heads: ['requests of', ...REFUSAL_COLUMNS],
      rows: refusals.map((row) => [html`<code>${row.suite}</code>`, ...refusalCells(row)] as const),
    }),
)}
${mustPassTable(probes)}
${fold(
  TEXTS_TITLE,
  texts.length > 0 &&
    html`${cellsTable({
      label: TEXTS_TITLE,
      heads: [termHtml('textLikelihood', 'texts of', docs), ...TEXT_COLUMNS],
      rows: texts.map((row) => [html`<code>${row.suite}</code>`, ...textCells(row)] as const),
    })}${unscoredTexts(texts).map(({ suite, reason }) => html`<p class="note"><code>${suite}</code> was not scored: ${reason}</p>`)}`,
)}
${fold(
  TOKEN_CHANGES_TITLE,
  tokens.length > 0 &&
    cellsTable({
      label: TOKEN_CHANGES_TITLE,
      heads: ['texts of', ...TOKEN_CHANGE_COLUMNS],
      rows: tokens.map(({ suite, changes }) => [html`<code>${suite}</code>`, ...tokenChangeCells(changes)] as const),
    }),
)}`;
}

/** Must-pass questions that are answered wrong, open: each is a failure. */
function mustPassTable({ mustPass = [] }: ProbeReport): Html {
  const broken = mustPass.flatMap((row) => row.broken);
  if (broken.length === 0) return NOTHING;
  const shown = (text: string | null) => text ?? 'not disclosed';
  const before = (right: boolean | null) => (right === null ? 'not asked' : right ? 'right' : 'wrong');
  return html`<details open><summary>Must-pass questions that are answered wrong</summary>${cellsTable({
    label: 'Must-pass questions that are answered wrong',
    heads: ['question', 'text', 'right answer', 'answer of the candidate', 'of the baseline'],
    rows: broken.map(
      ({ id, question, right, given, baseline }) =>
        [html`<code>${id}</code>`, shown(question), shown(right), shown(given), before(baseline)] as const,
    ),
    text: [1, 2, 3, 4],
  })}</details>`;
}

function termHtml(key: Term, text: string, docs: string): Html {
  return phraseHtml([term(key, text)], docs);
}

function columnHead({ text, unit, term: key }: NumberColumn, docs: string): HtmlValue {
  const name = key === null ? text : termHtml(key, text, docs);
  return unit === '' ? name : html`${name}, ${unit}`;
}

function rowName({ suite, capability }: ShadowRow): HtmlValue {
  const names = [suite, capability].flatMap((name) => (name === null ? [] : [html`<code>${name}</code>`]));
  return names.length === 0 ? 'all' : html`${names.flatMap((name, i) => (i === 0 ? [name] : [' · ', name]))}`;
}

function fold(title: string, body: Html | false): Html {
  return body === false ? NOTHING : html`<details><summary>${title}</summary>${body}</details>`;
}
