import { type Html, html } from '../render/html/html.ts';
import type { HeroNumber } from '../summary/hero.ts';

/** The size of the drawing in its own units; the page scales it. */
const [WIDTH, HEIGHT, MIDDLE] = [400, 48, 16];

/** The number that a reader should remember, large, with its interval as a bar against its limit. */
export function hero(number: HeroNumber): Html {
  const { value, lower, upper, limit, shown, words, note } = number;
  const known = [value, limit, 0, ...[lower, upper].filter((end) => end !== null)];
  const [least, most] = [Math.min(...known), Math.max(...known)];
  const margin = 0.06 * (most - least || 1);
  const at = (share: number) => Math.round((WIDTH * (share - least + margin)) / (most - least + 2 * margin));
  const [from, to] = [lower === null ? 0 : at(lower), upper === null ? WIDTH : at(upper)];
  const beyond = at(limit);
  return html`<figure class="hero"><p><strong>${shown}</strong> ${words}</p>
<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${shown} ${words} (${note})">
<line class="zero" x1="0" x2="${WIDTH}" y1="${MIDDLE}" y2="${MIDDLE}"/><rect class="accepted" x="${beyond}" y="4" width="${WIDTH - beyond}" height="24" rx="3"/><line class="zero" x1="${at(0)}" x2="${at(0)}" y1="4" y2="28"/>
<line class="interval" x1="${from}" x2="${to}" y1="${MIDDLE}" y2="${MIDDLE}"/><circle cx="${at(value)}" cy="${MIDDLE}" r="6"/>
<line class="limit" x1="${beyond}" x2="${beyond}" y1="0" y2="32"/><text x="${beyond}" y="46" text-anchor="${beyond > WIDTH / 2 ? 'end' : 'start'}">limit</text></svg>
<figcaption>${note}</figcaption></figure>`;
}
