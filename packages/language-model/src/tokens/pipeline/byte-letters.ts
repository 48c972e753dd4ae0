/** GPT-2's letters for the 256 bytes: printable ones for themselves, others from U+0100 on. */
const LETTERS: readonly string[] = letters();
const BYTES: ReadonlyMap<string, number> = new Map(LETTERS.map((letter, byte) => [letter, byte]));

const encoder = new TextEncoder();

function letters(): string[] {
  const printable = (byte: number) => (byte > 32 && byte < 127) || (byte > 160 && byte !== 173);
  let extra = 256;
  return Array.from({ length: 256 }, (_, byte) => String.fromCharCode(printable(byte) ? byte : extra++));
}

const PLAIN = /^[!-~]*$/;

export function byteLetters(text: string): string {
  return PLAIN.test(text) ? text : bytesToLetters(encoder.encode(text));
}

export function bytesToLetters(bytes: Iterable<number>): string {
  let out = '';
  for (const byte of bytes) out += LETTERS[byte];
  return out;
}

/** The bytes of a token; null if a character does not stand for a byte. */
export function lettersToBytes(token: string): number[] | null {
  const out: number[] = [];
  for (const letter of token) {
    const byte = BYTES.get(letter);
    if (byte === undefined) return null;
    out.push(byte);
  }
  return out;
}
