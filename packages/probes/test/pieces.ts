/** The pre-tokenizer of GPT-4 (cl100k_base): every piece becomes one or more tokens, whatever the vocabulary. */
const PIECE = /'(?:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s+/giu;

/**
 * The length of a text in pieces: approximately its tokens, without a vocabulary. Written apart from the code under
 * test.
 */
export function pieces(text: string): number {
  return text.match(PIECE)?.length ?? 0;
}
