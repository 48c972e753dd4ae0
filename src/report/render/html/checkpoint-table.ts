import type { Verdict } from '../../../compare/report.ts';
import type { CheckpointNumber } from '../../text/checkpoint-numbers.ts';
import { NO_NUMBER } from '../../text/numbers.ts';
import { type Html, html } from './html.ts';
import { icon } from './icon.ts';

interface CheckpointColumn {
  readonly name: Html | string;
  /** Undefined: unknown. */
  readonly verdict: Verdict | undefined;
  /** Such as `best` or `latest`. */
  readonly marks: readonly string[];
  readonly isBest: boolean;
}

interface CheckpointTable {
  /** For a screen reader. */
  readonly label: string;
  readonly columns: readonly CheckpointColumn[];
  /** With cells in the order of the columns. */
  readonly numbers: readonly CheckpointNumber[];
}

/** Checkpoints side by side, a number a row: the baseline first, the best one tinted. */
export function checkpointTable({ label, columns, numbers }: CheckpointTable): Html {
  const heads = columns.map(
    (column) =>
      html`<th scope="col"${tint(column)}>${column.name}${column.marks.map((mark) => html` <b class="mark">${mark}</b>`)}</th>`,
  );
  const verdicts = columns.map(
    (column) => html`<td${tint(column)}>${column.verdict ? [icon(column.verdict), column.verdict] : NO_NUMBER}</td>`,
  );
  const rows = numbers.map(({ head, baseline, cells }) => {
    const values = columns.map((column, i) => html`<td${tint(column)}>${cell(cells[i] ?? [])}</td>`);
    return html`<tr><th scope="row">${head}</th><td>${baseline}</td>${values}</tr>\n`;
  });
  const verdict = columns.some((column) => column.verdict !== undefined)
    ? html`<tr><th scope="row">verdict</th><td>${NO_NUMBER}</td>${verdicts}</tr>\n`
    : null;
  return html`<div class="scroll" tabindex="0" role="region" aria-label="${label}"><table class="checkpoints" aria-label="${label}">
<thead><tr><th scope="col">checkpoint</th><th scope="col">baseline</th>${heads}</tr></thead>
<tbody>${verdict}${rows}</tbody></table></div>`;
}

const BEST = html` class="best"`;
const tint = ({ isBest }: CheckpointColumn): Html | null => (isBest ? BEST : null);

const cell = ([value = '', ...rest]: readonly string[]): Html =>
  html`${value}${rest.map((text) => html` <small>${text}</small>`)}`;
