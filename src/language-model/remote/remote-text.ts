import type { EchoedTokens } from './completions-api.ts';

/** log p(continuation | context) of texts, for where no tokenizer is at hand. */
export interface TextPair {
  /** Not empty, and not white space alone. */
  readonly context: string;
  readonly continuation: string;
}

/**
 * White space at the end of the context goes to the continuation, because tokens begin with a space rather than end
 * with one (lm-evaluation-harness, `TemplateLM._encode_pair`).
 */
export function moveTrailingSpace({ context, continuation }: TextPair): TextPair {
  const trimmed = context.trimEnd();
  return { context: trimmed, continuation: context.slice(trimmed.length) + continuation };
}

/** Which of the echoed tokens are the text. */
export interface LocatedText {
  /** Index of the first token of the text; those before it (BOS) are not in it. */
  readonly first: number;
  /** Where each token of the text begins, in UTF-16 units from the start of the text. */
  readonly starts: readonly number[];
}

/** A BOS token, or BOS and a language tag. */
const MAX_TOKENS_BEFORE_TEXT = 2;

/**
 * Finds the text in the tokens by putting them together, which needs no trust in how the server counts offsets.
 *
 * @returns null where the tokens do not give the text: SentencePiece drops spaces from single tokens, and a token may
 *   be part of a character
 */
export function locateText(echoed: EchoedTokens, text: string): LocatedText | null {
  const count = promptCount(echoed);
  const placed = locateIn(echoed.tokens.slice(0, count), text);
  // Where the server does not count, it may not list the end token that it generated.
  return placed ?? (echoed.newTokens === null ? locateIn(echoed.tokens, text) : null);
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

/** The index of the token that begins at a place of the text; null if none does: one straddles it. */
export function tokenAt({ first, starts }: LocatedText, position: number): number | null {
  const index = starts.indexOf(position);
  return index < 0 ? null : first + index;
}

/** How many of the tokens are the prompt, without knowing its text: all but the one that was asked for. */
export const promptCount = ({ tokens, newTokens }: EchoedTokens): number => tokens.length - (newTokens ?? 1);
