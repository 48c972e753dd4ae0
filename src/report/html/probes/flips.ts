import type { Flip } from '../../../compare/probes/comparison.ts';
import { flipSummary, flipText } from '../../text/probes.ts';
import { type Html, html, lines, NOTHING } from '../html.ts';
import { phraseHtml } from '../phrase.ts';

/** The examples that a report without items has. */
export function flipCards(flips: readonly Flip[], docs: string): Html {
  if (flips.length === 0) return NOTHING;
  const each = flips.map((flip) => {
    const forms = flip.beside === undefined ? [flip] : [flip.beside, flip];
    const prompts = forms.map(({ prompt }) => (prompt === null ? null : html`<div><pre>${lines(prompt)}</pre></div>`));
    return html`<li>${phraseHtml(flipText(flip), docs)}<div class="cards">${prompts}</div></li>\n`;
  });
  return html`<p>${flipSummary(flips)}</p>\n<ul class="flips">${each}</ul>`;
}
