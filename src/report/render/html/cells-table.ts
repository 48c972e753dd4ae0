import { formatCount } from '../../text/numbers.ts';
import { type Html, type HtmlValue, html } from './html.ts';

/** A table: the first column names the row, the others are numbers unless they are `text`. */
interface CellsTable {
  readonly label: string;
  readonly heads: readonly HtmlValue[];
  readonly rows: ReadonlyArray<readonly [HtmlValue, ...HtmlValue[]]>;
  /** Columns of words. */
  readonly text?: readonly number[];
}

const MAX_ROWS = 200;

/** A table that scrolls in its own box, with its first rows. */
export function cellsTable({ label, heads, rows, text = [] }: CellsTable): Html {
  const attributes = (column: number) => (column === 0 || text.includes(column) ? null : NUMBER);
  const body = rows.slice(0, MAX_ROWS).map(([first, ...cells]) => {
    const rest = cells.map((cell, i) => html`<td${attributes(i + 1)}>${cell}</td>`);
    return html`<tr><th scope="row">${first}</th>${rest}</tr>\n`;
  });
  const more = rows.length - body.length;
  return html`<div class="scroll cells" tabindex="0" role="region" aria-label="${label}"><table aria-label="${label}">
<thead><tr>${heads.map((head, i) => html`<th scope="col"${attributes(i)}>${head}</th>`)}</tr></thead>
<tbody>${body}</tbody></table></div>
${more > 0 ? html`<p class="note">And ${formatCount(more, 'more row')} in report.json.</p>` : null}`;
}

const NUMBER = html` class="number"`;
