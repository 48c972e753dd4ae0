/** The pre-tokeniser of GPT-4 (cl100k_base): every piece becomes one token or more, whatever the vocabulary. */
const PIECE = /'(?:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s+/giu;

/** Length of a text in pieces: a stand-in for its tokens that needs no vocabulary. */
export function pieces(text: string): number {
  return text.match(PIECE)?.length ?? 0;
}
