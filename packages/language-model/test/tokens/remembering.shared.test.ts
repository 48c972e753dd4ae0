import { UserError } from '@shadow-gate/platform';
import { describe, expect, it } from 'vitest';
import { prepareScoring } from '../../src/score.ts';
import { remembering } from '../../src/tokens/remembering.ts';
import { wordTokenizer } from './word-tokenizer.ts';

const BARE = { addSpecialTokens: false };

describe('remembering', () => {
  it('asks for each text once, and for several together', () => {
    const { tokenizer, requests } = counted();
    tokenizer.encodeAhead?.(['a b', 'c', 'a b']);
    const ids = tokenizer.encode('a b', BARE);
    tokenizer.encodeAhead?.(['c', 'd']);
    expect(ids).toEqual(plain.encode('a b', BARE));
    expect(requests).toEqual([['a b', 'c'], ['d']]);
  });

  it('puts special tokens around what it remembers', () => {
    const { tokenizer } = counted({ leading: [0], trailing: [9] });
    tokenizer.encodeAhead?.(['a']);
    expect(tokenizer.encode('a', { addSpecialTokens: true })).toEqual([0, ...plain.encode('a', BARE), 9]);
  });

  it('remembers nothing of texts of which one cannot be encoded', () => {
    const { tokenizer, requests } = counted();
    expect(() => tokenizer.encodeAhead?.(['e', 'broken'])).toThrow(UserError);
    expect(tokenizer.encode('e', BARE)).toEqual(plain.encode('e', BARE));
    expect(requests).toEqual([['e', 'broken'], ['e']]);
  });
});

describe('prepareScoring', () => {
  it('encodes the texts of a call in one request, also where one of them cannot be encoded', async () => {
    const { tokenizer, requests } = counted();
    const call = (...continuations: string[]) =>
      continuations.map((continuation) => ({ kind: 'text', id: 1, where: 'x', context: 'q', continuation }) as const);
    const sizes: number[] = [];
    const engine = {
      vocabulary: 100,
      maxLength: 100,
      score: async () => [],
      generate: async () => [],
      close: async () => {},
      prepare: async ({ score }: { score: Iterable<readonly unknown[]> }) => {
        for (const sequences of score) sizes.push(sequences.length);
      },
    };
    const calls = { score: [call(' a', ' b'), call(' a', 'broken')], generate: false };
    await prepareScoring(calls, engine, { tokenizer, prefixTokenId: 0 });
    expect(sizes).toEqual([2, 1]);
    expect(requests.slice(0, 2)).toEqual([['q', 'q a', 'q b'], ['qbroken']]);
  });
});

const plain = wordTokenizer();

/** Its requests, and a tokenizer that cannot encode texts with the word "broken". */
function counted(changes: Parameters<typeof wordTokenizer>[0] = {}) {
  const requests: string[][] = [];
  const tokenizer = remembering({ ...plain, ...changes }, (texts) => {
    requests.push([...texts]);
    if (texts.some((text) => text.includes('broken'))) throw new UserError('no token', 'use another text');
    return texts.map((text) => plain.encode(text, BARE));
  });
  return { tokenizer, requests };
}
