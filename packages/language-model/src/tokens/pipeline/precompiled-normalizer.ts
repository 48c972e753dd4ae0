const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' });
const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** Larger graphemes are replaced character by character. */
const MAX_GRAPHEME_BYTES = 5;

const ASCII = /^[ -~]*$/;

/**
 * SentencePiece's normalizer: a table of replacements, as a double-array trie (darts-clone) over bytes, and the
 * zero-terminated replacements. As in the Rust library, the shortest entry that a grapheme begins with replaces all of
 * it.
 * @param charsmap `precompiled_charsmap`, in base64
 * @throws Error for an incomplete table
 */
export function precompiledNormalizer(charsmap: string): (text: string) => string {
  const bytes = Buffer.from(charsmap, 'base64');
  const size = bytes.length < 4 ? 0 : bytes.readUInt32LE(0);
  if (size === 0 || size % 4 !== 0 || 4 + size > bytes.length) {
    throw new Error('a precompiled_charsmap that is not whole');
  }
  const units = Uint32Array.from({ length: size / 4 }, (_, i) => bytes.readUInt32LE(4 + 4 * i));
  const texts = bytes.subarray(4 + size);
  const replacementOf = (part: Uint8Array): string | null => {
    const start = shortestPrefix(units, part);
    if (start === null) return null;
    const end = texts.indexOf(0, start);
    return decoder.decode(texts.subarray(start, end < 0 ? texts.length : end));
  };
  const replaced = (character: string) => replacementOf(encoder.encode(character)) ?? character;
  return (text) => {
    if (ASCII.test(text)) return [...text].map(replaced).join('');
    let out = '';
    for (const { segment } of graphemes.segment(text)) {
      const part = encoder.encode(segment);
      const whole = part.length <= MAX_GRAPHEME_BYTES ? replacementOf(part) : null;
      out += whole ?? [...segment].map(replaced).join('');
    }
    return out;
  };
}

/** The value of the shortest key that these bytes begin with. */
function shortestPrefix(units: Uint32Array, bytes: Uint8Array): number | null {
  let position = offsetOf(units[0] ?? 0);
  for (const byte of bytes) {
    if (byte === 0) return null;
    position ^= byte;
    const unit = units[position] ?? 0;
    // The label, with the bit that marks a value.
    if ((unit & 0x800000ff) >>> 0 !== byte) return null;
    position ^= offsetOf(unit);
    if ((unit & 0x100) !== 0) return (units[position] ?? 0) & 0x7fffffff;
  }
  return null;
}

function offsetOf(unit: number): number {
  return (unit >>> 10) << ((unit & 0x200) >>> 6);
}
