import { given } from '@shadow-gate/platform';
import type { FindingKind } from '../../compare/finding.ts';
import type { Term } from './glossary.ts';

/**
 * Text whose foreign parts are kept apart, so that each renderer escapes them in its own way. A plain string is a
 * literal of ours; a number is formatted before it becomes part of a phrase.
 */
export type Phrase = readonly PhrasePart[];

export type PhrasePart =
  | string
  /** A name from a checkpoint, a file or a path: shown as code. A terminal shows at most `length` characters. */
  | { readonly kind: 'name'; readonly text: string; readonly length?: number }
  /** Prose from elsewhere, such as the reason why a tensor was skipped. */
  | { readonly kind: 'prose'; readonly text: string; readonly length?: number }
  /** A command or an option of ours: shown as code. */
  | { readonly kind: 'code'; readonly text: string }
  /** A command to copy, with paths quoted for a shell: shown as code, never shortened. */
  | { readonly kind: 'command'; readonly text: string }
  /** Words about a kind of finding: where possible, a link to its entry in docs/reference/findings.md. */
  | { readonly kind: 'finding'; readonly finding: FindingKind; readonly text: string }
  /** A word that the glossary explains: a link where possible. */
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

function isPhrase(value: PhrasePart | Phrase): value is Phrase {
  return Array.isArray(value);
}

/**
 * Some of several things, and how many more there are: `a; b; and 3 more`.
 * @param total of all things
 */
export function listed(named: readonly Phrase[], total: number): Phrase {
  const more = total - named.length;
  const all = more > 0 ? [...named, phrase`and ${String(more)} more`] : named;
  return all.flatMap((item, i) => (i === 0 ? item : ['; ', ...item]));
}

/** The phrase without any escaping, as report.json has it. */
export function plain(parts: Phrase): string {
  return parts.map((part) => (typeof part === 'string' ? part : part.text)).join('');
}

/** The phrase with every part that is not a literal of ours shown by a renderer. */
export function renderPhrase(parts: Phrase, show: (part: Exclude<PhrasePart, string>) => string): string {
  return parts.map((part) => (typeof part === 'string' ? part : show(part))).join('');
}
