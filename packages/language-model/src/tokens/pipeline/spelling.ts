import { lettersToBytes } from './byte-letters.ts';

/**
 * The text of token ids by the tokens' names alone. It ignores the decoder of tokenizer.json, which could turn another
 * text's tokens back into the text that was asked. And it depends only on the ids: of two texts with the same ids, at
 * most one is spelled as written, whatever the vocabulary says.
 */
export interface Spelling {
  /** The text of an added token, which is not notation. */
  added(id: number): string | undefined;
  tokenOf(id: number): string | undefined;
  /** Do the letters of the vocabulary's tokens stand for bytes? Otherwise ▁ is a space. */
  readonly byteLetters: boolean;
  /** Is `<0x0A>` a byte? */
  readonly byteFallback: boolean;
  /** Marks before tokens that continue a word, and after those that end one; empty without marks. */
  readonly prefix: string;
  readonly suffix: string;
}

/** Around the id of a token without text, which a model still reads. No text has this noncharacter of Unicode. */
const NOTHING = '\uffff';

const BYTE = /^<0x([0-9a-fA-F]{2})>$/;

/** Invalid UTF-8 becomes �, as everywhere. */
export function spell(ids: readonly number[], spelling: Spelling): string {
  return Buffer.concat(ids.map((id) => bytesOf(id, spelling))).toString('utf8');
}

function bytesOf(id: number, { added, tokenOf, byteLetters, byteFallback, prefix, suffix }: Spelling): Uint8Array {
  const whole = added(id);
  const token = whole ?? tokenOf(id) ?? '';
  // Gemma has runs of ▁ as added tokens, which its BPE writes for spaces.
  if (whole && (byteLetters || !/^\u2581+$/.test(whole))) return Buffer.from(whole);
  const digits = byteFallback ? BYTE.exec(token)?.[1] : undefined;
  if (digits !== undefined) return Uint8Array.of(Number.parseInt(digits, 16));
  const start = token.startsWith(prefix) ? prefix.length : 0;
  const text = token.slice(start, token.endsWith(suffix) ? token.length - suffix.length : undefined);
  if (text === '') return Buffer.from(`${NOTHING}${id}${NOTHING}`);
  const bytes = byteLetters ? lettersToBytes(text) : null;
  return bytes ? Uint8Array.from(bytes) : Buffer.from(byteLetters ? text : text.replaceAll('\u2581', ' '));
}

/** Another way of spelling gets another name: texts of different ways are never compared. */
export const SPELLING = 'shadow-gate/spelling@1' as const;
