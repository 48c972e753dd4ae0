import { createHash } from 'node:crypto';
import type { Verdict } from '../../../compare/report.ts';
import { Html, html } from './html.ts';
import { icon } from './icon.ts';

interface PageDocument {
  readonly verdict: Verdict;
  /** Subject of the page, before the verdict. */
  readonly heading: string;
  readonly parts: ReadonlyArray<{ readonly id: string; readonly title: string; readonly body: Html }>;
  readonly style: string;
  readonly script: string;
}

/** A page that needs no network. Its content security policy allows the given script and no other. */
export function pageDocument({ verdict, heading, parts, ...sources }: PageDocument): string {
  const [style, script] = [compact(sources.style), compact(sources.script)];
  const digest = createHash('sha256').update(script).digest('base64');
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
<meta name="description" content="What ${heading} found on a checkpoint of a language model: ${verdict}.">
<title>${heading}: ${verdict}</title>
<style>${Html.trusted(style)}</style>
</head>
<body>
<a class="skip" href="#main">Skip to the content</a>
<header class="verdict-${verdict}"><h1>${icon(verdict)}${heading}: ${verdict}</h1><nav aria-label="Sections">${links}</nav></header>
<main id="main">
${sections}</main>
<script id="end">${Html.trusted(script)}</script>
</body>
</html>
`.text;
}

/** Our style or script without comments and indentation, a fifth of it. No literal has more than one line. */
const compact = (source: string): string =>
  source.replace(/^\s*(?:\/\/.*|\/\*[\s\S]*?\*\/)$/gm, '').replace(/\n\s+/g, '\n');
