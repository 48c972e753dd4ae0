import type { Sequence } from '../engine.ts';
import type { Tokenizer } from './tokenizer.ts';

/**
 * From text to sequences, with the semantics of EleutherAI/lm-evaluation-harness 4e7e0d4 (`TemplateLM.loglikelihood`
 * and `_encode_pair` in lm_eval/api/model.py, `HFLM.tok_encode` and `_loglikelihood_tokens` in
 * lm_eval/models/huggingface.py, `get_rolling_token_windows` in lm_eval/utils.py).
 */
export interface EncodeOptions {
  /**
   * Add the special tokens that the checkpoint's tokenizer puts before a text (mostly a BOS). True by default, like the
   * harness with `add_bos_token` unset. A text that begins with the prefix token, such as a rendered chat, never gets a
   * second one.
   *
   * Special tokens after a text are not added. If a tokenizer also appends an EOS, the harness appends it to the
   * context too, and so splits the pair one token late, which cannot be intended.
   */
  readonly addSpecialTokens?: boolean;
  /** `one-bos` by default. */
  readonly rolling?: RollingRule;
}

/**
 * Which tokens of a whole text are scored. The rules differ only if the tokenizer adds special tokens.
 * - `one-bos`: its own, after one prefix token. This is log p(text): the model saw one BOS before each training text.
 * - `lm-eval`: those that the harness scores. It writes its prefix token before all that the tokenizer returns, so an
 *   added BOS (and EOS) is scored as text, and every other token comes after two BOS.
 */
export const ROLLING_RULES = ['one-bos', 'lm-eval'] as const;
export type RollingRule = (typeof ROLLING_RULES)[number];

/** Encode a text that is not a continuation, like the harness. */
export function encodeText(tokenizer: Tokenizer, text: string, { addSpecialTokens = true }: EncodeOptions): number[] {
  const ids = tokenizer.encode(text, { addSpecialTokens: false });
  return addSpecialTokens ? [...leadingTokens(tokenizer, text), ...ids] : ids;
}

/** The ids that the post-processor puts before a text. */
export function leadingTokens(tokenizer: Tokenizer, text: string): readonly number[] {
  return beginsWithPrefix(tokenizer, text) ? [] : tokenizer.leading;
}

function beginsWithPrefix(tokenizer: Tokenizer, text: string): boolean {
  if (tokenizer.prefixTokenId === null) return false;
  const prefix = tokenizer.decode([tokenizer.prefixTokenId], { skipSpecialTokens: false });
  return prefix !== '' && text.startsWith(prefix);
}

/**
 * Encode a context and its continuation. Whitespace at the end of the context moves to the continuation, since words
 * begin with their space in most vocabularies. Then the whole string is encoded: if the context alone has n tokens, the
 * continuation is everything after the first n. The context can be empty, and so can the continuation, if the last
 * token of the context includes it.
 */
export function encodePair(
  tokenizer: Tokenizer,
  context: string,
  continuation: string,
  options: EncodeOptions = {},
): Sequence {
  const end = endWithoutSpace(context);
  // A continuation without text before it gets the prefix token as context (`withPrefixToken`).
  if (context === '') return { context: [], continuation: tokenizer.encode(continuation, { addSpecialTokens: false }) };
  const contextIds = encodeText(tokenizer, context.slice(0, end), options);
  const wholeIds = encodeText(tokenizer, context + continuation, options);
  return { context: contextIds, continuation: wholeIds.slice(contextIds.length) };
}

/** The texts that `encodePair` encodes: the context, and the whole. */
export function encodedTexts(context: string, continuation: string): string[] {
  return context === '' ? [continuation] : [context.slice(0, endWithoutSpace(context)), context + continuation];
}

/** Characters that Python's `str.rstrip` removes; `trimEnd` has U+FEFF in place of some control characters. */
const PYTHON_SPACE = new Set(
  '\t\n\v\f\r\x1c\x1d\x1e\x1f \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000',
);

function endWithoutSpace(text: string): number {
  let end = text.length;
  while (end > 0 && PYTHON_SPACE.has(text.charAt(end - 1))) end--;
  return end;
}

/** Give a pair without context the prefix token as context, taken from the continuation if that begins with it. */
export function withPrefixToken({ context, continuation }: Sequence, prefixTokenId: number): Sequence {
  return context.length > 0 ? { context, continuation } : splitPrefix(continuation, prefixTokenId);
}

function splitPrefix(tokens: readonly number[], prefixTokenId: number): Sequence {
  return { context: [prefixTokenId], continuation: tokens[0] === prefixTokenId ? tokens.slice(1) : tokens };
}

/**
 * Cut the context on the left to fit the model. The last token is never an input, so `maxLength + 1` tokens fit.
 * @param sequence with a continuation of at most `maxLength` tokens, as the harness asserts: some tokens of a longer
 *   one would have no context, and would be scored after the wrong tokens
 */
export function truncateLeft({ context, continuation }: Sequence, maxLength: number): Sequence {
  const room = maxLength + 1 - continuation.length;
  return { context: context.slice(Math.max(0, context.length - room)), continuation };
}

/** The tokens of a text for its rolling log-likelihood: those scored after the prefix token. */
export function encodeRolling(
  tokenizer: Tokenizer,
  text: string,
  prefixTokenId: number,
  options: EncodeOptions = {},
): readonly number[] {
  const tokens = encodeText(tokenizer, text, options);
  const { rolling = 'one-bos', addSpecialTokens = true } = options;
  if (rolling === 'one-bos') return splitPrefix(tokens, prefixTokenId).continuation;
  // The harness scores an EOS added by the tokenizer at the end of the text.
  return addSpecialTokens && !beginsWithPrefix(tokenizer, text) ? [...tokens, ...tokenizer.trailing] : tokens;
}

/**
 * Split a text of any length into sequences that score each token once. The first window has the prefix token as
 * context; a later one scores `maxLength` tokens, or the rest, after as much context as fits
 * (`get_rolling_token_windows` with context_len = 1, `make_disjoint_window`).
 */
export function rollingWindows(tokens: readonly number[], prefixTokenId: number, maxLength: number): Sequence[] {
  const windows: Sequence[] = [];
  for (let start = 0; start < tokens.length; start += maxLength) {
    const end = Math.min(tokens.length, start + maxLength);
    const context = start === 0 ? [prefixTokenId] : tokens.slice(end - maxLength - 1, start);
    windows.push({ context, continuation: tokens.slice(start, end) });
  }
  return windows;
}
