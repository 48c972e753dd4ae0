import type { Tokenizer } from './tokenizer.ts';

/**
 * A character of up to 4 bytes may begin before the tail that is decoded, and a decoder may strip a space at its start:
 * so many tokens more than a stop string can touch are looked at.
 */
const MARGIN = 4;

/**
 * When has a text that is being generated reached one of the stop strings? Asked after each token, with the new tokens so
 * far. Each token is at least a byte of text, so a stop string of n bytes, which the last token completes, touches no more
 * than the n last tokens, and only these are decoded: a stop string may span tokens, end inside one, and begin with a part
 * of a character. Special tokens are text here, as in lm-evaluation-harness: `<|im_end|>` can be a stop string.
 * @returns undefined if there is nothing to stop at
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

/**
 * Cut a generated text before its stop strings, one after the other, as lm-evaluation-harness does
 * (`postprocess_generated_text`): what is left has none of them.
 */
export function cutAtStops(text: string, stops: readonly string[]): string {
  return stops.reduce((left, stop) => {
    const index = left.indexOf(stop);
    return index < 0 ? left : left.slice(0, index);
  }, text);
}
