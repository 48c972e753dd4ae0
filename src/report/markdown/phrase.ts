import { codeName, plainText } from '../escape.ts';
import { TERMS, type Term } from '../text/glossary.ts';
import { type Phrase, render } from '../text/phrase.ts';

/**
 * A phrase as Markdown: names and code as code, foreign prose escaped, terms as links to the glossary.
 * @param options.links false for a text that has no room for {@link linkDefinitions}: terms are plain words there
 */
export function phraseMarkdown(phrase: Phrase, options: { readonly links?: boolean } = {}): string {
  return render(phrase, (part) => {
    if (part.kind === 'term') return options.links === false ? part.text : termLink(part.term, part.text);
    return part.kind === 'prose' ? plainText(part.text) : codeName(part.text);
  });
}

/** Labels of the link references, which no other text of a comment has. */
const LABEL = 'glossary-';

/** A word of ours as a link to its entry of the glossary. The page needs {@link linkDefinitions}. */
export function termLink(term: Term, text: string): string {
  return `[${text}][${LABEL}${TERMS[term]}]`;
}

const REFERENCE = new RegExp(`\\]\\[${LABEL}([^\\]]+)\\]`, 'g');

/**
 * The definitions of all glossary links in a text, which is a page of ours: link references keep an address from standing in
 * the text once for each use.
 * @param docs address of the folder `docs`, without a slash at its end
 */
export function linkDefinitions(text: string, docs: string): string {
  const anchors = new Set([...text.matchAll(REFERENCE)].map(([, anchor = '']) => anchor));
  return [...anchors]
    .sort()
    .map((anchor) => `[${LABEL}${anchor}]: ${docs}/glossary.md#${encodeURIComponent(anchor)}`)
    .join('\n');
}
