import { phraseOf, shownIn, type Table, type TableCell, type Words } from '../../document/block.ts';
import { formatCount } from '../../text/numbers.ts';
import { plain } from '../../text/phrase.ts';
import { type Html, html, NOTHING } from './html.ts';
import { icon } from './icon.ts';
import { phraseHtml } from './phrase.ts';

const NUMBER = html` class="number"`;

/** A table that scrolls in its own box; the first column names the row. */
export function drawTableHtml(of: Table, docs: string): Html {
  const { title } = of;
  const { columns, isNumber, rows, more } = shownIn(of, 'page');
  if (rows.length === 0) return NOTHING;
  const attributes = (column: number) => (isNumber[column] ? NUMBER : null);
  const heads = columns.map(({ head, unit }, i) => {
    const name = wordsHtml(head, docs);
    return html`<th scope="col"${attributes(i)}>${unit === undefined ? name : html`${name}, ${unit}`}</th>`;
  });
  const body = rows.map(([first = '', ...cells]) => {
    const rest = cells.map((cell, i) => html`<td${attributes(i + 1)}>${cellHtml(cell, docs)}</td>`);
    return html`<tr><th scope="row">${cellHtml(first, docs)}</th>${rest}</tr>\n`;
  });
  return html`<div class="scroll cells" tabindex="0" role="region" aria-label="${title}"><table aria-label="${title}">
<thead><tr>${heads}</tr></thead>
<tbody>${body}</tbody></table></div>
${more > 0 ? html`<p class="note">And ${formatCount(more, 'more row')} in report.json.</p>` : null}`;
}

export function tableNotes(of: Table, docs: string): Html {
  const notes = (of.notes?.(shownIn(of, 'page').more, 'page') ?? []).map(
    (note) => html`<p class="note">${wordsHtml(note, docs)}</p>`,
  );
  return html`${notes}${of.remarks ? html`\n${of.remarks.map((own) => html`<p>${phraseHtml(own, docs)}</p>`)}` : null}`;
}

/** A small table without notes; on a phone, its cells name their columns. */
export function plainTable(of: Table, docs: string): Html {
  const { columns, rows } = shownIn(of, 'page');
  const head = columns.map((column) => plain(phraseOf(column.head)));
  const cells = rows.map((row) => row.map((cell) => cellHtml(cell, docs)));
  return table({ label: of.title, head, rows: cells }, 'plain');
}

/** A table in a fold; nothing without rows. */
export const foldedTable = (of: Table, docs: string): Html =>
  of.rows.length === 0
    ? NOTHING
    : html`<details${of.isOpen ? html` open` : null}><summary>${of.foldTitle ?? of.title}</summary>${drawTableHtml(of, docs)}${tableNotes(of, docs)}</details>`;

const wordsHtml = (words: Words, docs: string): Html => phraseHtml(phraseOf(words), docs);

function cellHtml(cell: TableCell, docs: string): Html {
  if (typeof cell === 'string' || !('kind' in cell)) return wordsHtml(cell, docs);
  switch (cell.kind) {
    case 'marked':
      return html`${icon(cell.mark)}${wordsHtml(cell.words, docs)}`;
    case 'path':
      return html`${cell.names.map((words, i) => [i === 0 ? '' : ' · ', wordsHtml(words, docs)])}`;
    case 'part':
      return html`<span class="part">${wordsHtml(cell.words, docs)}</span>`;
    case 'lines':
      return html`${cell.lines.map((line) => html`<div>${line}</div>`)}`;
  }
}

interface PlainTable {
  /** For a screen reader. */
  readonly label: string;
  readonly head: readonly string[];
  /** The first cell of a row is its heading. */
  readonly rows: ReadonlyArray<readonly (Html | string)[]>;
}

/** A table in a box that scrolls. On a phone, each row of a `stacked` one is a block that names its columns. */
export function table({ label, head, rows }: PlainTable, style: 'plain' | 'stacked'): Html {
  const heads = head.map((text) => html`<th scope="col">${text}</th>`);
  const lines = rows.map(([first = '', ...rest]) => {
    const cells = rest.map((cell, i) => html`<td data-head="${head[i + 1] ?? ''}">${cell}</td>`);
    return html`<tr><th scope="row">${first}</th>${cells}</tr>\n`;
  });
  return html`<div class="scroll"><table class="${style}" aria-label="${label}"><thead><tr>${heads}</tr></thead><tbody>
${lines}</tbody></table></div>`;
}
