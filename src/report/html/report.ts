import { createHash } from 'node:crypto';
import { DOCS_URL } from '@shadow-gate/platform';
import type { Report } from '../../compare/report.ts';
import { Html, html } from './html.ts';
import { icon } from './icon.ts';
import { METHOD_SECTION } from './method.ts';
import { OVERVIEW_SECTION } from './overview.ts';
import calibrationStyle from './page/calibration.css' with { type: 'text' };
import methodStyle from './page/method.css' with { type: 'text' };
import overviewStyle from './page/overview.css' with { type: 'text' };
import probesStyle from './page/probes.css' with { type: 'text' };
import probesScript from './page/probes.js' with { type: 'text' };
import reportStyle from './page/report.css' with { type: 'text' };
import reportScript from './page/report.js' with { type: 'text' };
import spectraStyle from './page/spectra.css' with { type: 'text' };
import spectraScript from './page/spectra.js' with { type: 'text' };
import trendStyle from './page/trend.css' with { type: 'text' };
import { PROBES_SECTION } from './probes/section.ts';
import type { PageOptions, PageSection } from './section.ts';
import { SPECTRA_SECTION } from './spectra/section.ts';
import { TREND_SECTION } from './trend.ts';

const STYLE = [reportStyle, overviewStyle, probesStyle, spectraStyle, calibrationStyle, trendStyle, methodStyle].join(
  '\n',
);

/** One element, so that the page's policy allows one digest. */
const SCRIPT = [reportScript, probesScript, spectraScript].join('\n');

/** In the order of the page. */
const SECTIONS: readonly PageSection[] = [
  OVERVIEW_SECTION,
  PROBES_SECTION,
  SPECTRA_SECTION,
  TREND_SECTION,
  METHOD_SECTION,
];

/**
 * The whole report as one page of HTML: no network, and readable without its script, which only sorts and filters. The policy
 * in its head lets the browser run that script and no other.
 */
export function renderHtml(report: Report, options: Partial<PageOptions> = {}): string {
  const page = { docs: DOCS_URL, origin: null, ...options };
  const parts = SECTIONS.flatMap(({ id, title, render }) => {
    const body = render(report, page);
    return body === null ? [] : [{ id, title, body }];
  });
  const digest = createHash('sha256').update(SCRIPT).digest('base64');
  const policy = `default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-${digest}'; img-src data:; base-uri 'none'; form-action 'none'`;
  const links = parts.map(({ id, title }) => html`<a href="#${id}">${title}</a>`);
  const sections = parts.map(
    ({ id, title, body }) =>
      html`<section id="${id}" aria-labelledby="${id}-title"><h2 id="${id}-title">${title}</h2>${body}</section>\n`,
  );
  // Nothing is drawn before the page is read: half a page would move while the rest comes.
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<link rel="expect" href="#end" blocking="render">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Shadow Gate: ${report.verdict}</title>
<style>${Html.trusted(STYLE)}</style>
</head>
<body>
<a class="skip" href="#main">Skip to the content</a>
<header class="verdict-${report.verdict}"><h1>${icon(report.verdict)}Shadow Gate: ${report.verdict}</h1><nav aria-label="Sections">${links}</nav></header>
<main id="main">
${sections}</main>
<script id="end">${Html.trusted(SCRIPT)}</script>
</body>
</html>
`.text;
}
