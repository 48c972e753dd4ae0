import { TERMS } from '../text/glossary.ts';
import type { Phrase } from '../text/phrase.ts';
import { Html, html } from './html.ts';

/**
 * A phrase as HTML: names and code as code, terms as links to the glossary.
 * @param docs address of the folder `docs`, without a slash at its end
 */
export function phraseHtml(parts: Phrase, docs: string): Html {
  return html`${parts.map((part): Html => {
    if (typeof part === 'string') return html`${part}`;
    if (part.kind === 'prose') return html`${part.text}`;
    if (part.kind !== 'term') return html`<code>${part.text === '' ? '(empty)' : part.text}</code>`;
    return html`<a class="term" href="${docs}/glossary.md#${Html.trusted(encodeURIComponent(TERMS[part.term]))}">${part.text}</a>`;
  })}`;
}
