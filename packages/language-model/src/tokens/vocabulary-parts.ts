import type { Tokenizer } from './tokenizer.ts';

/** Scripts with a part of their own; the names are Unicode's. */
const SCRIPTS = [
  ...['Greek', 'Cyrillic', 'Armenian', 'Georgian', 'Hebrew', 'Arabic', 'Devanagari', 'Bengali', 'Gurmukhi', 'Gujarati'],
  ...['Oriya', 'Tamil', 'Telugu', 'Kannada', 'Malayalam', 'Sinhala', 'Thai', 'Lao', 'Tibetan', 'Myanmar', 'Khmer'],
  ...['Ethiopic', 'Mongolian', 'Hangul', 'Hiragana', 'Katakana', 'Han'],
].map((name) => ({ name, character: new RegExp(`\\p{Script=${name}}`, 'u') }));

/** Names of tokens that no text has: Gemma has 6,242 of them, most of which are not marked as special. */
const RESERVED = /^[<[]\|?(unused|reserved|extra_id|dummy)[^\s<>]*[>\]]$/i;
/** The spelling of an id without a token, or of a token without text. */
const NOTHING = /^\uffff\d+\uffff$/;
const LETTER = /[\p{L}\p{M}]/u;
const LATIN_LETTER = /\p{Script=Latin}/u;
const ACCENTED = /[^\P{L}A-Za-z]|\p{M}/u;
/** `getElement`, `_id`, `utf8`, `.get`; not `don't` and `-based`. */
const CODE = /[a-z][A-Z]|[A-Za-z][0-9]|[0-9][A-Za-z]|[A-Za-z][^\p{L}\p{M}\s'’-]|[^\p{L}\p{M}\s'’-][A-Za-z]/u;

/** Ids decoded in one request. */
const AT_ONCE = 1024;

/**
 * The part of the vocabulary that each id belongs to, by its token's text: `special`, `unused`, `bytes` (part of a
 * character), `whitespace`, `digits`, `punctuation` (and symbols), `code`, `Latin` (ASCII letters), `accented Latin`,
 * the Unicode name of another script, or `other scripts`.
 * @param size number of ids, from 0
 * @throws UserError from the tokenizer
 */
export function vocabularyParts(tokenizer: Pick<Tokenizer, 'spell' | 'decode'>, size: number): readonly string[] {
  const ids = Array.from({ length: size }, (_, id) => id);
  const parts = tokenizer.spell(ids.map((id) => [id])).map(partOf);
  const withText = ids.filter((id) => parts[id] !== 'special' && parts[id] !== 'unused');
  for (const id of specialIds(tokenizer, withText)) parts[id] = 'special';
  return parts;
}

/** Ids that disappear when special tokens are skipped, without a request for each id. */
function specialIds(tokenizer: Pick<Tokenizer, 'decode'>, ids: readonly number[]): number[] {
  if (ids.length > AT_ONCE) {
    const blocks = Array.from({ length: Math.ceil(ids.length / AT_ONCE) }, (_, i) => i * AT_ONCE);
    return blocks.flatMap((start) => specialIds(tokenizer, ids.slice(start, start + AT_ONCE)));
  }
  const decode = (skipSpecialTokens: boolean) => tokenizer.decode(ids, { skipSpecialTokens });
  if (ids.length === 0 || decode(true) === decode(false)) return [];
  if (ids.length === 1) return [...ids];
  const half = ids.length >> 1;
  return [...specialIds(tokenizer, ids.slice(0, half)), ...specialIds(tokenizer, ids.slice(half))];
}

/** The part of a token that is not special. */
function partOf(text: string): string {
  if (NOTHING.test(text)) return 'unused';
  if (RESERVED.test(text)) return 'special';
  if (text.includes('\ufffd')) return 'bytes';
  if (/^\s+$/u.test(text)) return 'whitespace';
  if (/^\p{C}+$/u.test(text)) return 'bytes';
  return LETTER.test(text) ? partOfLetters(text) : /\p{N}/u.test(text) ? 'digits' : 'punctuation';
}

function partOfLetters(text: string): string {
  const script = SCRIPTS.find(({ character }) => character.test(text));
  if (script) return script.name;
  if (!LATIN_LETTER.test(text)) return 'other scripts';
  if (CODE.test(text)) return 'code';
  return ACCENTED.test(text) ? 'accented Latin' : 'Latin';
}
