import type { FindingKind } from '../../../compare/finding.ts';
import { codeCommand, codeName, narrowName, plainText } from '../../escape.ts';
import { TERMS, type Term } from '../../text/glossary.ts';
import { type Phrase, renderPhrase } from '../../text/phrase.ts';

/**
 * A phrase as Markdown.
 * @param options.links false for a text without {@link linkDefinitions}: terms are plain words
 * @param options.narrow for a column on a phone: names are short, and wrap
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

/** A word of ours as a link to its entry of the glossary. The page needs {@link linkDefinitions}. */
export const termLink = (term: Term, text: string): string => `[${text}][glossary-${TERMS[term]}]`;

/** Words of ours as a link to the entry of a kind of finding. The page needs {@link linkDefinitions}. */
export const findingMarkdown = (kind: FindingKind, text: string): string => `[${text}][finding-${kind}]`;

/** A link to the top of the glossary. The page needs {@link linkDefinitions}. */
export const GLOSSARY_LINK = '[glossary][glossary-glossary]';

/** Labels of link references, which no other text of a comment has. */
const REFERENCE = /\]\[(glossary|finding)-([^\]]+)\]/g;

/** Addresses for the labels of links in a page. @param docs address of `docs`, without a slash at its end */
export function linkDefinitions(text: string, docs: string): string {
  const labels = new Map(
    [...text.matchAll(REFERENCE)].map(([, page, anchor]) => [`${page}-${anchor}`, { page, anchor }]),
  );
  return [...labels]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([label, { page, anchor = '' }]) => {
      const file = page === 'finding' ? 'findings.md' : 'glossary.md';
      return `[${label}]: ${docs}/reference/${file}#${encodeURIComponent(anchor)}`;
    })
    .join('\n');
}
