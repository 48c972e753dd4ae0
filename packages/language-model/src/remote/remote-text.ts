import type { EchoedTokens } from './completions-api.ts';

/** Texts to score, log p(continuation | context), if there is no tokenizer here. */
export interface TextPair {
  /** Not empty, and not only whitespace. */
  readonly context: string;
  readonly continuation: string;
}

/** Move trailing whitespace to the continuation, as tokens begin with spaces (`TemplateLM._encode_pair` of lm-eval). */
export function moveTrailingSpace({ context, continuation }: TextPair): TextPair {
  const trimmed = context.trimEnd();
  return { context: trimmed, continuation: context.slice(trimmed.length) + continuation };
}

interface LocatedText {
  /** Index of the first token of the text, after a BOS token. */
  readonly first: number;
  /** Start of each token in the text, in UTF-16 units. */
  readonly starts: readonly number[];
}

/** A BOS token, or BOS and a language tag. */
const MAX_TOKENS_BEFORE_TEXT = 2;

/**
 * Find the text by joining the tokens, without the server's offsets, which differ between servers.
 * @returns null if the tokens do not give the text: SentencePiece drops spaces of single tokens, and a token can be
 *   part of a character
 */
export function locateText(echoed: EchoedTokens, text: string): LocatedText | null {
  const count = promptCount(echoed);
  const located = locateIn(echoed.tokens.slice(0, count), text);
  // A server that does not count may not list the end token that it generated.
  return located ?? (echoed.newTokens === null ? locateIn(echoed.tokens, text) : null);
}

function locateIn(tokens: readonly string[], text: string): LocatedText | null {
  for (let first = 0; first <= MAX_TOKENS_BEFORE_TEXT; first++) {
    const ofText = tokens.slice(first);
    if (ofText.join('') !== text) continue;
    let position = 0;
    const starts = ofText.map((token) => {
      position += token.length;
      return position - token.length;
    });
    return { first, starts };
  }
  return null;
}

/** The index of the token that begins at a position in the text; null if a token spans it. */
export function tokenAt({ first, starts }: LocatedText, position: number): number | null {
  const index = starts.indexOf(position);
  return index < 0 ? null : first + index;
}

/** Number of tokens in the prompt: all but the generated ones. */
export const promptCount = ({ tokens, newTokens }: EchoedTokens): number => tokens.length - (newTokens ?? 1);
