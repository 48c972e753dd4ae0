import { type Html, html } from '../../render/html/html.ts';

/** Colors of both sides, in charts and tables. */
export const SIDE_COLORS = { baseline: 'var(--series-2)', candidate: 'var(--series-1)' } as const;

export const SIDES_LEGEND: Html = html`<p class="legend"><span class="dot baseline"></span> baseline <span class="dot candidate"></span> candidate</p>`;

export const CANDIDATE_LEGEND: Html = html`<p class="legend"><span class="dot candidate"></span> candidate; there is no baseline</p>`;
