import type { Tokenizer } from './tokenizer.ts';

/**
 * Tokens decoded beyond those that a stop string can touch: a character of up to 4 bytes can begin before the decoded
 * tail, and a decoder can strip a space at its start.
 */
const MARGIN = 4;

/**
 * A function to call after each token, with the new tokens so far: has the generated text reached a stop string? Each
 * token is at least one byte of text, so a stop string of n bytes that the last token completes touches at most the n
 * last tokens, and only these are decoded: it can span tokens, end inside one, and begin with a part of a character.
 * Special tokens are text here, as in lm-evaluation-harness: `<|im_end|>` can be a stop string.
 * @returns undefined without stop strings
 */
export function stopAt(
  tokenizer: Tokenizer,
  stops: readonly string[],
): ((tokens: readonly number[]) => boolean) | undefined {
  if (stops.length === 0) return undefined;
  const tail = Math.max(...stops.map((stop) => Buffer.byteLength(stop))) + MARGIN;
  return (tokens) => {
    const text = tokenizer.decode(tokens.slice(-tail), { skipSpecialTokens: false });
    return stops.some((stop) => text.includes(stop));
  };
}

/** Cut a generated text before each stop string in turn (`postprocess_generated_text` of lm-evaluation-harness). */
export function cutAtStops(text: string, stops: readonly string[]): string {
  return stops.reduce((left, stop) => {
    const index = left.indexOf(stop);
    return index < 0 ? left : left.slice(0, index);
  }, text);
}
