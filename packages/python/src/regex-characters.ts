import { ESCAPES, HEX_DIGITS } from './escapes.ts';
import { RegexProblem } from './regex-syntax.ts';
import { SPACE } from './text.ts';

/** The inside of a character class for `\d`, `\w` and `\s`, of text and with `(?a)`. */
const CLASSES: Readonly<Record<string, { readonly unicode: string; readonly ascii: string }>> = {
  d: { unicode: String.raw`\p{Nd}`, ascii: '0-9' },
  w: { unicode: String.raw`\p{L}\p{N}_`, ascii: 'A-Za-z0-9_' },
  s: { unicode: SPACE, ascii: String.raw`\t-\r\x20` },
};

export type Character =
  | { readonly type: 'literal'; readonly text: string }
  /** `members`: the inside of a character class; `negated`: every other character. */
  | { readonly type: 'class'; readonly members: string; readonly negated: boolean };

export const wordMembers = (ascii: boolean): string => classMembers('w', ascii);

function classMembers(letter: string, ascii: boolean): string {
  const members = CLASSES[letter];
  if (members === undefined) throw new RangeError(`no class \\${letter}`);
  return ascii ? members.ascii : members.unicode;
}

/** A literal character, outside or inside a class. */
export const escapeLiteral = (text: string): string => {
  if (/^[\^$\\.*+?()[\]{}|/-]$/.test(text)) return text === '-' ? String.raw`\x2d` : `\\${text}`;
  return /^[\n\r\u2028\u2029\p{Cs}]$/u.test(text) ? `\\u{${(text.codePointAt(0) ?? 0).toString(16)}}` : text;
};

export const classSource = ({ members, negated }: { readonly members: string; readonly negated: boolean }): string =>
  `[${negated ? '^' : ''}${members}]`;

/** The character of the escape behind a backslash, and the length of the escape; null if it is not a character. */
export function readRegexEscape(
  rest: string,
  { ascii, inClass }: { readonly ascii: boolean; readonly inClass: boolean },
): { readonly character: Character; readonly length: number } | null {
  const [letter = ''] = rest;
  if (letter === '') throw new RegexProblem('ends with a backslash');
  const literal = (text: string, length: number) => ({ character: { type: 'literal', text } as const, length });
  if (/^[dws]$/i.test(letter)) {
    const members = classMembers(letter.toLowerCase(), ascii);
    return { character: { type: 'class', members, negated: letter !== letter.toLowerCase() }, length: 1 };
  }
  // Outside a class, \b is a place; a line end stands for itself, unlike in a text literal.
  const control = (letter === 'b' && !inClass) || letter === '\n' ? undefined : ESCAPES[letter];
  if (control !== undefined) return literal(control, 1);
  const digits = HEX_DIGITS[letter];
  if (digits !== undefined) {
    const hex = rest.slice(1, 1 + digits);
    if (hex.length < digits || !/^[\da-f]+$/i.test(hex))
      throw new RegexProblem(`has the incomplete escape \\${letter}`);
    return literal(fromCode(Number.parseInt(hex, 16)), 1 + digits);
  }
  const octal =
    /^(?:0[0-7]{0,2}|[0-3][0-7]{2})/.exec(rest)?.[0] ?? (inClass ? /^[0-7]{1,3}/.exec(rest)?.[0] : undefined);
  if (octal !== undefined) return literal(fromCode(Number.parseInt(octal, 8)), octal.length);
  if (letter === 'N') throw new RegexProblem(String.raw`has a character by its name (\N)`);
  if (/^[a-z]$/i.test(letter)) {
    if (!inClass && /^[AbBZ]$/.test(letter)) return null;
    throw new RegexProblem(`has the unknown escape \\${letter}`);
  }
  if (/^\d$/.test(letter)) {
    if (inClass) throw new RegexProblem(`has the unknown escape \\${letter}`);
    return null;
  }
  return literal(letter, letter.length);
}

function fromCode(code: number): string {
  if (code > 0x10_ff_ff) throw new RegexProblem('has an escape beyond the last character of Unicode');
  return String.fromCodePoint(code);
}
