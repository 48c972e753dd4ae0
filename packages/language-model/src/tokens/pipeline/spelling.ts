import { lettersToBytes } from './byte-letters.ts';

/**
 * What token ids say, by the names of the tokens alone. The decoder of a tokenizer.json plays no role, since it could
 * turn tokens of another text back into the text that was asked. And it is a function of the ids: of two texts that
 * become the same ids, one at most is spelled as it was written, whatever the vocabulary says.
 */
export interface Spelling {
  /** The text of an added token, which is not notation. */
  added(id: number): string | undefined;
  tokenOf(id: number): string | undefined;
  /** Are the tokens of the vocabulary written in letters that stand for bytes? Otherwise ▁ is a space. */
  readonly byteLetters: boolean;
  /** `<0x0A>` is a byte. */
  readonly byteFallback: boolean;
  /** Marks before tokens that continue a word, and after those that end one; empty if there are none. */
  readonly prefix: string;
  readonly suffix: string;
}

/**
 * Around the id of a token that says nothing, which a model reads all the same. No text has this character: Unicode
 * never assigns it.
 */
const NOTHING = '\uffff';

const BYTE = /^<0x([0-9a-fA-F]{2})>$/;

/** Bytes that are no UTF-8 are �, as everywhere. */
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

/** Another way of spelling gets another name, and texts of two are never compared. */
export const SPELLING = 'shadow-gate/spelling@1' as const;
