import { SPACE, strip, stripEnd, stripStart } from '../text.ts';
import { TemplateError } from './value.ts';

/** `str.lower` and `str.upper`. */
export const lower = (text: string): string => text.toLowerCase();
export const upper = (text: string): string => text.toUpperCase();

/** `str.capitalize`: the first character in title case, the others in lower case. */
export function capitalizeAsPython(text: string): string {
  const [first = '', ...others] = lowerEach(text);
  return first === '' ? '' : titleCase(String.fromCodePoint(text.codePointAt(0) ?? 0)) + others.join('');
}

/** Each character in lower case, which depends on the context for a sigma. */
function lowerEach(text: string): string[] {
  const whole = lower(text);
  let at = 0;
  return [...text].map((character) => {
    const start = at;
    at += lower(character).length;
    return whole.slice(start, at);
  });
}

/** ß and ligatures become one capital and small letters. */
function titleCase(character: string): string {
  const [initial = '', ...rest] = upper(character);
  return initial + lower(rest.join(''));
}

/** `str.title`: a capital behind every character without case. */
export function title(text: string): string {
  const small = lowerEach(text);
  let inWord = false;
  return [...text]
    .map((character, i) => {
      const written = inWord ? (small[i] ?? '') : titleCase(character);
      inWord = /\p{Cased}/u.test(character);
      return written;
    })
    .join('');
}

const WORD_STARTS = new RegExp(`([-({[<${SPACE}]+)`, 'u');

/** The filter `title`: a capital behind white space, a hyphen and opening brackets. */
export const titleWords = (text: string): string =>
  text
    .split(WORD_STARTS)
    .map((part) => {
      const [first = '', ...others] = part;
      return upper(first) + lower(others.join(''));
    })
    .join('');

/** `str.strip` and its halves. @param characters null for white space */
export function stripped(text: string, characters: string | null, side: 'both' | 'start' | 'end'): string {
  if (characters === null) return { both: strip, start: stripStart, end: stripEnd }[side](text);
  const taken = new Set(characters);
  const all = [...text];
  let first = 0;
  let last = all.length;
  if (side !== 'end') while (first < last && taken.has(all[first] ?? '')) first += 1;
  if (side !== 'start') while (last > first && taken.has(all[last - 1] ?? '')) last -= 1;
  return all.slice(first, last).join('');
}

/** `str.replace`. @param count below 0: all */
export function replaceText(text: string, old: string, other: string, count: number): string {
  const parts = old === '' ? ['', ...text, ''] : text.split(old);
  const splits = count < 0 ? parts.length - 1 : Math.min(count, parts.length - 1);
  return [...parts.slice(0, splits), parts.slice(splits).join(old)].join(other);
}

/** `str.split`. @param most below 0: all */
export function split(text: string, separator: string | null, most: number): string[] {
  if (separator === '') throw new TemplateError('split has an empty separator');
  if (separator !== null) {
    const parts = text.split(separator);
    return most < 0 || parts.length <= most + 1 ? parts : [...parts.slice(0, most), parts.slice(most).join(separator)];
  }
  const words: string[] = [];
  let rest = stripStart(text);
  while (rest !== '') {
    if (most >= 0 && words.length === most) return [...words, rest];
    const word = WORD.exec(rest)?.[0] ?? rest;
    words.push(word);
    rest = stripStart(rest.slice(word.length));
  }
  return words;
}

const WORD = new RegExp(`^[^${SPACE}]+`, 'u');
const LAST_WORD = new RegExp(`[^${SPACE}]+$`, 'u');

/** `str.rsplit`. @param most below 0: all */
export function splitFromEnd(text: string, separator: string | null, most: number): string[] {
  if (most < 0) return split(text, separator, -1);
  if (separator !== null) {
    const parts = split(text, separator, -1);
    const joined = Math.max(0, parts.length - most);
    return joined === 0 ? parts : [parts.slice(0, joined).join(separator), ...parts.slice(joined)];
  }
  const words: string[] = [];
  let rest = stripEnd(text);
  while (rest !== '') {
    if (words.length === most) return [rest, ...words];
    const word = LAST_WORD.exec(rest)?.[0] ?? rest;
    words.unshift(word);
    rest = stripEnd(rest.slice(0, rest.length - word.length));
  }
  return words;
}

const LINE_END = String.raw`\r\n|[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]`;
const LINE_ENDS = new RegExp(`(${LINE_END})`, 'u');

/** `str.splitlines`. */
export function splitLines(text: string, keepEnds: boolean): string[] {
  const parts = text.split(LINE_ENDS);
  const lines: string[] = [];
  for (let i = 0; i < parts.length; i += 2) {
    const [line = '', end = ''] = parts.slice(i, i + 2);
    if (line + end !== '') lines.push(keepEnds ? line + end : line);
  }
  return lines;
}

/** `str.find` and `str.rfind`, in code points; -1 if it is not there. */
export function codePointIndex(text: string, part: string, fromEnd: boolean): number {
  const index = fromEnd ? text.lastIndexOf(part) : text.indexOf(part);
  return index < 0 ? -1 : [...text.slice(0, index)].length;
}

/** `str.islower` and `str.isupper`. */
export const isLower = (text: string): boolean => /\p{Lowercase}/u.test(text) && !/[\p{Uppercase}\p{Lt}]/u.test(text);
export const isUpper = (text: string): boolean => /\p{Uppercase}/u.test(text) && !/[\p{Lowercase}\p{Lt}]/u.test(text);
