import { type Html, html } from './html.ts';

interface Table {
  /** For a screen reader. */
  readonly label: string;
  readonly head: readonly string[];
  /** The first cell of a row is its heading. */
  readonly rows: ReadonlyArray<readonly (Html | string)[]>;
}

/** A table in a box that scrolls. On a phone, each row of a `stacked` one is a block that names its columns. */
export function table({ label, head, rows }: Table, style: 'plain' | 'stacked'): Html {
  const heads = head.map((text) => html`<th scope="col">${text}</th>`);
  const lines = rows.map(([first = '', ...rest]) => {
    const cells = rest.map((cell, i) => html`<td data-head="${head[i + 1] ?? ''}">${cell}</td>`);
    return html`<tr><th scope="row">${first}</th>${cells}</tr>\n`;
  });
  return html`<div class="scroll"><table class="${style}" aria-label="${label}"><thead><tr>${heads}</tr></thead><tbody>
${lines}</tbody></table></div>`;
}
