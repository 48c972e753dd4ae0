import { TERMS } from '../../text/glossary.ts';
import type { Phrase, PhrasePart } from '../../text/phrase.ts';
import { Html, html } from './html.ts';

/** @param docs address of the folder `docs`, without a slash at its end */
export const phraseHtml = (parts: Phrase, docs: string): Html => html`${parts.map((part) => partHtml(part, docs))}`;

function partHtml(part: PhrasePart, docs: string): Html {
  if (typeof part === 'string') return html`${part}`;
  switch (part.kind) {
    case 'prose':
      return html`${part.text}`;
    case 'term':
      return link(`${docs}/reference/glossary.md#${encodeURIComponent(TERMS[part.term])}`, part.text);
    case 'finding':
      return link(`${docs}/reference/findings.md#${part.finding}`, part.text);
    case 'name':
    case 'code':
    case 'command':
      return html`<code>${part.text === '' ? '(empty)' : part.text}</code>`;
  }
}

/** @param href made of our own words and the address of the docs */
const link = (href: string, text: string): Html => html`<a class="term" href="${Html.trusted(href)}">${text}</a>`;
