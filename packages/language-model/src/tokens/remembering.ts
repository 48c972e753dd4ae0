import { at } from '@shadow-gate/platform';
import type { Tokenizer } from './tokenizer.ts';

/** Most tokens that are remembered. */
const MAX_REMEMBERED_TOKENS = 4_000_000;

/** Encodes each text only once, to check lengths, to plan and to ask. @param encodeAll without special tokens */
export function remembering(
  tokenizer: Omit<Tokenizer, 'encode' | 'encodeAhead'>,
  encodeAll: (texts: readonly string[]) => ReadonlyArray<number[]>,
): Tokenizer {
  const { leading, trailing } = tokenizer;
  const known = new Map<string, number[]>();
  let tokens = 0;
  const encodeAhead = (texts: readonly string[]) => {
    const missing = [...new Set(texts)].filter((text) => !known.has(text));
    if (missing.length === 0) return;
    const encoded = encodeAll(missing);
    const added = encoded.reduce((sum, ids) => sum + ids.length + 1, 0);
    if (tokens + added > MAX_REMEMBERED_TOKENS) {
      known.clear();
      tokens = 0;
    }
    tokens += added;
    for (const [i, text] of missing.entries()) known.set(text, at(encoded, i));
  };
  return {
    ...tokenizer,
    encodeAhead,
    encode(text, { addSpecialTokens }) {
      encodeAhead([text]);
      const ids = known.get(text) ?? [];
      return addSpecialTokens ? [...leading, ...ids, ...trailing] : ids;
    },
  };
}
