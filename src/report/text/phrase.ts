import { given } from '@shadow-gate/platform';
import type { FindingKind } from '../../compare/finding.ts';
import type { Term } from './glossary.ts';

/** Text with its foreign parts apart, since each renderer escapes them in its own way. A string is ours. */
export type Phrase = readonly PhrasePart[];

export type PhrasePart =
  | string
  /** A foreign name, shown as code. A terminal shows at most `length` characters. */
  | { readonly kind: 'name'; readonly text: string; readonly length?: number }
  /** Foreign prose, such as the reason why a tensor was skipped. */
  | { readonly kind: 'prose'; readonly text: string; readonly length?: number }
  /** Our own code, such as an option. */
  | { readonly kind: 'code'; readonly text: string }
  /** A command to copy, with paths quoted for a shell: never shortened. */
  | { readonly kind: 'command'; readonly text: string }
  /** A link to its entry in docs/reference/findings.md, where possible. */
  | { readonly kind: 'finding'; readonly finding: FindingKind; readonly text: string }
  /** A link to the glossary, where possible. */
  | { readonly kind: 'term'; readonly term: Term; readonly text: string };

export const name = (text: string, length?: number): PhrasePart => ({ kind: 'name', text, ...given({ length }) });
export const prose = (text: string, length?: number): PhrasePart => ({ kind: 'prose', text, ...given({ length }) });
export const code = (text: string): PhrasePart => ({ kind: 'code', text });
export const command = (text: string): PhrasePart => ({ kind: 'command', text });
export const findingLink = (finding: FindingKind, text: string): PhrasePart => ({ kind: 'finding', finding, text });
export const term = (key: Term, text: string): PhrasePart => ({ kind: 'term', term: key, text });

/** A phrase as a template literal: phrase`rank of ${name(tensor)} fell`. */
export function phrase(literals: TemplateStringsArray, ...values: ReadonlyArray<PhrasePart | Phrase>): Phrase {
  return literals.flatMap((literal, i) => {
    const value = values[i];
    const parts = value === undefined ? [] : isPhrase(value) ? value : [value];
    return [literal, ...parts].filter((part) => part !== '');
  });
}

const isPhrase = (value: PhrasePart | Phrase): value is Phrase => Array.isArray(value);

export const joinPhrases = (items: readonly Phrase[], separator = ', '): Phrase =>
  items.flatMap((item, i) => (i === 0 ? item : [separator, ...item]));

/** Some of `total` things, and how many more there are: `a; b; and 3 more`. */
export function listed(items: readonly Phrase[], total = items.length): Phrase {
  const more = total - items.length;
  return joinPhrases(more > 0 ? [...items, phrase`and ${String(more)} more`] : items, '; ');
}

/** {@link listed} for foreign names. */
export const listedNames = (names: readonly string[], total?: number): Phrase =>
  listed(
    names.map((own) => [name(own)]),
    total,
  );

/** The phrase without any escaping, as report.json has it. */
export const plain = (parts: Phrase): string =>
  parts.map((part) => (typeof part === 'string' ? part : part.text)).join('');

/** The phrase with every part but our literals shown by a renderer. */
export const renderPhrase = (parts: Phrase, show: (part: Exclude<PhrasePart, string>) => string): string =>
  parts.map((part) => (typeof part === 'string' ? part : show(part))).join('');
