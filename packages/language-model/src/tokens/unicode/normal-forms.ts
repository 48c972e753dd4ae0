import { contains } from './code-points.ts';
import { notNormalized, unassigned } from './properties.ts';
import { NEW_LOWERCASE } from './tables.ts';

export type NormalForm = 'NFC' | 'NFD' | 'NFKC' | 'NFKD';

const LATIN = /^[\0-\u02ff]*$/;

/**
 * A normal form in the Rust library's version of Unicode: newer characters stay as they are. There they are starters,
 * which neither move nor join with others, so the texts between them are normalized separately.
 */
export function normalizeAs(form: NormalForm, text: string): string {
  if (LATIN.test(text)) return text.normalize(form);
  const kept = notNormalized();
  let out = '';
  let start = 0;
  for (let i = 0; i < text.length; ) {
    const point = text.codePointAt(i) ?? 0;
    const end = i + (point > 0xffff ? 2 : 1);
    if (contains(kept, point)) {
      out += text.slice(start, i).normalize(form) + text.slice(i, end);
      start = end;
    }
    i = end;
  }
  return out + text.slice(start).normalize(form);
}

let newer: ReadonlyMap<number, string> | null = null;

function newLowercase(): ReadonlyMap<number, string> {
  if (newer) return newer;
  const numbers = NEW_LOWERCASE.split(',').map((number) => Number.parseInt(number, 36));
  const pairs: Array<[number, string]> = [];
  for (let i = 0; i < numbers.length; i += 2) pairs.push([numbers[i] ?? 0, String.fromCodePoint(numbers[i + 1] ?? 0)]);
  newer = new Map(pairs);
  return newer;
}

/** The lower case of each character on its own: a sigma at the end of a word is like any other. */
export function rustLowercase(text: string): string {
  let out = '';
  for (const character of text) out += lowercaseOf(character);
  return out;
}

function lowercaseOf(character: string): string {
  const point = character.codePointAt(0) ?? 0;
  if (point < 0x80) return character.toLowerCase();
  return newLowercase().get(point) ?? (contains(unassigned(), point) ? character : character.toLowerCase());
}
