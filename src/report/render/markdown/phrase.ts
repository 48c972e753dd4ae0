import type { FindingKind } from '../../../compare/finding.ts';
import { codeCommand, codeName, narrowName, plainText } from '../../escape.ts';
import { TERMS, type Term } from '../../text/glossary.ts';
import { type Phrase, renderPhrase } from '../../text/phrase.ts';

/**
 * A phrase as Markdown: names and code as code, foreign prose escaped, terms as links to the glossary.
 * @param options.links false for a text that has no room for {@link linkDefinitions}: terms are plain words there
 * @param options.narrow true in a column that a phone has to show: names are short, and wrap
 */
export function phraseMarkdown(
  phrase: Phrase,
  options: { readonly links?: boolean; readonly narrow?: boolean } = {},
): string {
  return renderPhrase(phrase, (part) => {
    if (part.kind === 'term') return options.links === false ? part.text : termLink(part.term, part.text);
    if (part.kind === 'finding') return options.links === false ? part.text : findingMarkdown(part.finding, part.text);
    if (part.kind === 'command') return codeCommand(part.text);
    if (part.kind === 'name' && options.narrow) return narrowName(part.text);
    return part.kind === 'prose' ? plainText(part.text) : codeName(part.text);
  });
}

/** Labels of the link references, which no other text of a comment has, and the pages that they lead to. */
const PAGES = { glossary: 'reference/glossary.md', finding: 'reference/findings.md' } as const;

/** A word of ours as a link to its entry of the glossary. The page needs {@link linkDefinitions}. */
export function termLink(term: Term, text: string): string {
  return `[${text}][glossary-${TERMS[term]}]`;
}

/** Words of ours as a link to the entry of a kind of finding. The page needs {@link linkDefinitions}. */
export function findingMarkdown(kind: FindingKind, text: string): string {
  return `[${text}][finding-${kind}]`;
}

/** A link to a whole page of the docs. The page needs {@link linkDefinitions}. */
export function docsLink(page: 'glossary', text: string): string {
  return `[${text}][${page}-${page}]`;
}

const REFERENCE = /\]\[(glossary|finding)-([^\]]+)\]/g;

/**
 * The definitions of all links to the docs in a text, which is a page of ours: link references keep an address from
 * standing in the text once for each use.
 * @param docs address of the folder `docs`, without a slash at its end
 */
export function linkDefinitions(text: string, docs: string): string {
  const labels = new Map(
    [...text.matchAll(REFERENCE)].map(([, page, anchor]) => [`${page}-${anchor}`, { page, anchor }]),
  );
  return [...labels]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([label, { page, anchor = '' }]) => {
      return `[${label}]: ${docs}/${page === 'finding' ? PAGES.finding : PAGES.glossary}#${encodeURIComponent(anchor)}`;
    })
    .join('\n');
}
