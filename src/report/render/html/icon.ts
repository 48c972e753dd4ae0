import type { Level } from '../../../compare/finding.ts';
import type { Verdict } from '../../../compare/report.ts';
import { Html, html } from './html.ts';

/** Glyphs on the disks: a check mark, a cross, a bar with a dot, a question mark, an i. */
const SHAPES: Readonly<Record<Level | Verdict, string>> = {
  pass: 'M4.6 8.3 7 10.7l4.4-4.9',
  fail: 'm5.4 5.4 5.2 5.2m0-5.2-5.2 5.2',
  warn: 'M8 4.4v4.2m0 2.6v.2',
  inconclusive: 'M6.1 6.2a1.95 1.95 0 1 1 2.9 1.7c-.7.4-1 .8-1 1.5m0 2v.2',
  info: 'M8 7.4v4m0-6.8v.2',
};

/** The mark of a verdict or level: drawn, since not every system has a font with colored symbols. */
export const icon = (of: Level | Verdict): Html =>
  html`<svg class="icon ${of}" viewBox="0 0 16 16" role="img" aria-label="${of}"><circle cx="8" cy="8" r="7.5"/><path d="${Html.trusted(SHAPES[of])}"/></svg>`;

export const NOT_JUDGED: Html = Html.trusted(
  '<svg class="icon idle" viewBox="0 0 16 16" role="img" aria-label="not judged"><circle cx="8" cy="8" r="7"/><path d="M5 8h6"/></svg>',
);
