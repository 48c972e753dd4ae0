import { cpSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { encodePair } from '@shadow-gate/language-model/tokens';
import { describe, expect, it } from 'vitest';
import { fixture, readJson, shared, temporaryFolder } from '../../../../test/fixtures.ts';
import { encodeRolling, encodeText, rollingWindows, truncateLeft, withPrefixToken } from '../../src/tokens/encode.ts';
import { openTokenizer } from '../../src/tokens/open-tokenizer.ts';
import { wordTokenizer } from './word-tokenizer.ts';

// What each of these should be follows from the harness' own words; see the doc comments of encode.ts for the places.
describe('encodePair', () => {
  it('moves a space at the end of the context to the continuation', () => {
    const t = wordTokenizer();
    const expected = { context: t.ids('a', ' b'), continuation: t.ids(' c', ' d') };
    expect(encodePair(t, 'a b', ' c d')).toEqual(expected);
    expect(encodePair(t, 'a b ', 'c d')).toEqual(expected);
    expect(encodePair(t, 'a b \n', 'c')).toEqual({ context: t.ids('a', ' b'), continuation: t.ids(' ', '\nc') });
  });

  it('uses the whitespace of Python', () => {
    const t = wordTokenizer();
    // str.rstrip removes U+001F, U+0085 and U+3000, and keeps U+FEFF, which JavaScript removes.
    const length = (context: string) => encodePair(t, context, 'x').context.length;
    expect(['a\x1f', 'a\u3000', 'a\x85'].map(length)).toEqual([1, 1, 1]);
    expect(encodePair(t, 'a\ufeff', ' x').context).toEqual(t.ids('a', '\ufeff'));
  });

  it('splits the tokens of the whole text after as many as the context alone has', () => {
    const t = wordTokenizer();
    // "ab" is one token, like the context alone: nothing is left for the continuation.
    expect(encodePair(t, 'a', 'b')).toEqual({ context: t.ids('a'), continuation: [] });
    expect(encodePair(t, 'a', 'b c')).toEqual({ context: t.ids('a'), continuation: t.ids(' c') });
  });

  it('adds the special tokens of the tokenizer once, before the context', () => {
    const t = wordTokenizer({ leading: [0], trailing: [9] });
    const [a, b] = t.ids('a', ' b') as [number, number];
    expect(encodePair(t, 'a', ' b')).toEqual({ context: [0, a], continuation: [b] });
    expect(encodePair(t, '<s>a', ' b')).toEqual({ context: [0, a], continuation: [b] });
    expect(encodePair(t, 'a', ' b', { addSpecialTokens: false })).toEqual({ context: [a], continuation: [b] });
    expect(encodeText(t, 'a', {})).toEqual([0, a]);
  });

  it('returns an empty context for the prefix token to fill', () => {
    const t = wordTokenizer({ leading: [0] });
    const [a] = t.ids('a') as [number];
    expect(withPrefixToken(encodePair(t, '', 'a'), 0)).toEqual({ context: [0], continuation: [a] });
    // The continuation already begins with it.
    expect(withPrefixToken(encodePair(t, '', '<s>a'), 0)).toEqual({ context: [0], continuation: [a] });
    // A context of only whitespace is empty.
    const plain = wordTokenizer();
    const [spaced] = plain.ids(' a') as [number];
    expect(withPrefixToken(encodePair(plain, ' ', 'a'), 0)).toEqual({ context: [0], continuation: [spaced] });
    expect(withPrefixToken({ context: [7], continuation: [0] }, 0)).toEqual({ context: [7], continuation: [0] });
  });
});

describe('truncateLeft', () => {
  it('keeps one token more than the context length, since the last is never an input', () => {
    expect(truncateLeft({ context: [1, 2, 3, 4], continuation: [5, 6] }, 4)).toEqual({
      context: [2, 3, 4],
      continuation: [5, 6],
    });
    expect(truncateLeft({ context: [1, 2], continuation: [3, 4, 5] }, 4).context).toEqual([1, 2]);
    expect(truncateLeft({ context: [1, 2], continuation: [3, 4, 5, 6] }, 4).context).toEqual([2]);
  });
});

describe('rollingWindows', () => {
  it("gives the windows of the harness's own example", () => {
    expect(rollingWindows([0, 1, 2, 3, 4, 5, 6, 7, 8, 9], -1, 4)).toEqual([
      { context: [-1], continuation: [0, 1, 2, 3] },
      { context: [3], continuation: [4, 5, 6, 7] },
      { context: [5, 6, 7], continuation: [8, 9] },
    ]);
  });

  it('scores each token once', () => {
    expect(rollingWindows([], 0, 4)).toEqual([]);
    expect(rollingWindows([1], 0, 4)).toEqual([{ context: [0], continuation: [1] }]);
    expect(rollingWindows([1, 2, 3, 4], 0, 4)).toEqual([{ context: [0], continuation: [1, 2, 3, 4] }]);
    expect(rollingWindows([1, 2, 3], 0, 1).map(({ context }) => context)).toEqual([[0], [1], [2]]);
  });

  it.each(['gpt2', 'qwen2', 'llama-gqa-llama3rope'])('gives the windows of lm-evaluation-harness: %s', (name) => {
    const path = shared('golden', name, 'golden.json');
    if (path === null) return;
    const { tokens, prefix_token, max_length, windows } = readJson<{
      loglikelihood_rolling: {
        tokens: number[];
        prefix_token: number;
        max_length: number;
        windows: Array<{ context_len: number; continuation_len: number }>;
      };
    }>(path).loglikelihood_rolling;
    const ours = rollingWindows(tokens, prefix_token, max_length);
    expect(ours.map(({ context, continuation }) => [context.length, continuation.length])).toEqual(
      windows.map(({ context_len, continuation_len }) => [context_len, continuation_len]),
    );
    expect(ours.flatMap(({ continuation }) => continuation)).toEqual(tokens);
  });
});

describe('encodeRolling', () => {
  it('does not score the BOS of the tokenizer', () => {
    const t = wordTokenizer({ leading: [0] });
    const expected = t.ids('a', ' b');
    expect(encodeRolling(t, 'a b', 0)).toEqual(expected);
    expect(encodeRolling(t, '<s>a b', 0)).toEqual(expected);
    expect(encodeRolling(t, 'a b', 0, { addSpecialTokens: false })).toEqual(expected);
    // With another prefix, BOS is a token of the text like others.
    expect(encodeRolling(t, 'a b', 7)).toEqual([0, ...expected]);
  });

  // What the harness passes to get_rolling_token_windows is tok_encode(text):
  // packages/language-model/test/fixtures/make_rolling.py.
  it('scores by the rule lm-eval the special tokens that the tokenizer adds, once', () => {
    const t = wordTokenizer({ leading: [0], trailing: [9] });
    const plain = t.ids('a', ' b');
    const encode = (text: string, more = {}) => encodeRolling(t, text, 0, { rolling: 'lm-eval', ...more });
    expect(encode('a b')).toEqual([0, ...plain, 9]);
    // A text that begins with a BOS of its own gets no special tokens, but that one is scored.
    expect(encode('<s>a b')).toEqual([0, ...plain]);
    expect(encode('')).toEqual([0, 9]);
    expect(encode('a b', { addSpecialTokens: false })).toEqual(plain);
  });

  it('gives the 34 tokens of a sentence with a known perplexity', async () => {
    const stories = shared('models', 'stories260K');
    if (stories === null) return;
    const tokenizer = await openTokenizer(stories);
    const text = 'One day, a clever fox found a shiny key under the old oak tree.';
    const tokens = encodeRolling(tokenizer, text, tokenizer.prefixTokenId ?? -1);
    expect(tokens).toHaveLength(34);
    // models/README.md: summed negative log-likelihood 54.4041, perplexity 4.9536.
    expect(Math.exp(54.4041 / tokens.length)).toBeCloseTo(4.9536, 4);
    expect(rollingWindows(tokens, 1, 512)).toEqual([{ context: [1], continuation: tokens }]);
    expect(withPrefixToken(encodePair(tokenizer, '', text), 1)).toEqual({ context: [1], continuation: tokens });
  });
});

describe('the windows of lm-evaluation-harness', () => {
  interface Recorded {
    readonly prefix: number;
    readonly postProcessor?: unknown;
    readonly cases: ReadonlyArray<{ readonly text: string; readonly windows: ReadonlyArray<[number[], number[]]> }>;
  }
  const recorded = readJson<{ maxLength: number; tokenizers: Record<string, Recorded> }>(fixture('rolling.json'));

  async function openRecorded(name: string, { postProcessor }: Recorded) {
    if (postProcessor === undefined) return openTokenizer(fixture('tokenizers', name));
    const folder = join(temporaryFolder(), name);
    cpSync(fixture('tokenizers', name.replace('-eos', '')), folder, { recursive: true });
    const file = join(folder, 'tokenizer.json');
    writeFileSync(file, JSON.stringify({ ...readJson<object>(file), post_processor: postProcessor }));
    return openTokenizer(folder);
  }

  it.each(Object.entries(recorded.tokenizers))('are what --rolling lm-eval scores: %s', async (name, expected) => {
    const tokenizer = await openRecorded(name, expected);
    const prefix = tokenizer.prefixTokenId ?? -1;
    expect(prefix).toBe(expected.prefix);
    for (const { text, windows } of expected.cases) {
      const tokens = encodeRolling(tokenizer, text, prefix, { rolling: 'lm-eval' });
      const ours = rollingWindows(tokens, prefix, recorded.maxLength).map((window) => [
        window.context,
        window.continuation,
      ]);
      expect({ text, windows: ours }).toEqual({ text, windows });
    }
    await tokenizer.close?.();
  });
});
