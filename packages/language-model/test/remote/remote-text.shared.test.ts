import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { EchoedTokens } from '../../src/remote/completions-api.ts';
import { openRemoteEngine, type RemoteEngineOptions } from '../../src/remote/remote-engine.ts';
import { locateText, moveTrailingSpace, tokenAt } from '../../src/remote/remote-text.ts';
import { BigramEngine, bigramTokenizer, id, logprob, type Piece } from './bigram-engine.ts';
import { CompletionsServer } from './completions-server.ts';
import type { Fault } from './server-faults.ts';

let server: CompletionsServer;

beforeEach(async () => {
  server = await new CompletionsServer(new BigramEngine(), bigramTokenizer).start();
});
afterEach(() => server.stop());

const open = (options: Partial<RemoteEngineOptions> = {}) =>
  openRemoteEngine({ endpoint: server.url, model: 'toy', maxLength: 50, wait: async () => {}, ...options });
const p = (previous: Piece, next: Piece): number => logprob(id(previous), id(next));

type Lists = { tokens: string[]; token_logprobs: (number | null)[]; top_logprobs: unknown[] };
type ShiftedEcho = { choices: { logprobs: Lists }[] };

describe('scoreText', () => {
  it('scores the tokens after the context, with its trailing space', async () => {
    const [score, emoji] = await (await open()).scoreText([
      { context: 'The ', continuation: 'cat sat' },
      { context: 'The cat😀', continuation: '.The' },
    ]);
    expect(score).toEqual({ tokenLogprobs: [p('The', ' cat'), p(' cat', ' sat')], greedy: true });
    expect(emoji).toEqual({ tokenLogprobs: [p('😀', '.'), p('.', 'The')], greedy: false });
    expect(server.bodies.map(({ prompt }) => prompt).sort()).toEqual(['The cat sat', 'The cat😀.The']);
  });

  it.each(['bytes', '-1', 'characters'] as const)('does not use the offsets of the server: %s', async (textOffset) => {
    server.habits.textOffset = textOffset;
    const [score] = await (await open()).scoreText([{ context: '😀', continuation: '.The' }]);
    expect(score?.tokenLogprobs).toEqual([p('😀', '.'), p('.', 'The')]);
  });

  it('does not count a BOS token of the server as text, and accepts an empty context after one', async () => {
    server.habits.addsBos = 'to text';
    const scores = await (await open()).scoreText([
      { context: 'The cat', continuation: ' sat' },
      { context: ' ', continuation: 'dog' },
    ]);
    expect(scores.map(({ tokenLogprobs }) => tokenLogprobs)).toEqual([[p(' cat', ' sat')], [p('<s>', ' dog')]]);
  });

  it('needs a context if the server adds no BOS token', async () => {
    await expect((await open()).scoreText([{ context: '', continuation: 'The' }])).rejects.toThrow(/give a context/);
  });

  it('splits like lm-evaluation-harness if a token spans the end of the context', async () => {
    // The whole text is The| cats|., the context alone The| cat: two tokens, so the continuation is the third.
    const [score] = await (await open()).scoreText([{ context: 'The cat', continuation: 's.' }]);
    expect(score?.tokenLogprobs).toEqual([p(' cats', '.')]);
  });

  it('rejects a list that is shifted by one token and lacks what was generated, as that of llama-cpp-python without a BOS', async () => {
    server.tamper = (echo) => {
      for (const { logprobs } of (echo as ShiftedEcho).choices) {
        logprobs.tokens.pop();
        logprobs.token_logprobs = [null, ...logprobs.token_logprobs.slice(2)];
        logprobs.top_logprobs = [null, ...logprobs.top_logprobs.slice(2)];
      }
    };
    await expect((await open()).scoreText([{ context: 'The', continuation: ' cat sat' }])).rejects.toThrow(
      /shifted by one token at the server at .*, which does not list what it generated — serve the model with vLLM/,
    );
  });

  it('rejects a continuation without a token of its own', async () => {
    await expect((await open()).scoreText([{ context: 'The cat', continuation: 's' }])).rejects.toThrow(
      /do not show where "s" begins — give the model's tokenizer/,
    );
  });

  it('counts the tokens of the context, once, if single tokens lose their spaces', async () => {
    server.habits.dropsSpaces = true;
    const scores = await (await open()).scoreText([
      { context: 'The', continuation: ' cat sat' },
      { context: 'The', continuation: ' dog' },
    ]);
    expect(scores.map(({ tokenLogprobs }) => tokenLogprobs)).toEqual([
      [p('The', ' cat'), p(' cat', ' sat')],
      [p('The', ' dog')],
    ]);
    expect(server.bodies.map(({ prompt }) => prompt)).toEqual([['The cat sat', 'The dog'], 'The']);
  });
});

describe('choices of one context', () => {
  const pairs = [
    { context: 'The cat', continuation: ' sat' },
    { context: 'The dog', continuation: ' sat' },
    { context: 'The cat', continuation: '. The' },
    { context: 'The cat', continuation: '😀' },
  ];
  const expected = [
    [p(' cat', ' sat')],
    [p(' dog', ' sat')],
    [p(' cat', '.'), p('.', ' '), p(' ', 'The')],
    [p(' cat', '😀')],
  ];

  it('are one request', async () => {
    const scores = await (await open()).scoreText(pairs);
    expect(scores.map(({ tokenLogprobs }) => tokenLogprobs)).toEqual(expected);
    expect(server.bodies.map(({ prompt }) => prompt)).toEqual(
      expect.arrayContaining([['The cat sat', 'The cat. The', 'The cat😀'], 'The dog sat']),
    );
    expect(server.bodies).toHaveLength(2);
  });

  it.each<[string, Fault | null]>([
    ['refuses lists', null],
    // llama-cpp-python
    ['fails on lists', { status: 500, body: { error: { message: 'AssertionError' } } }],
  ])('are one request each at a server that %s, which is not tried again', async (_, fault) => {
    if (fault === null) server.habits.takesLists = false;
    else server.faults.push(...Array.from({ length: 5 }, () => fault));
    const remote = await open({ concurrency: 1 });
    const scores = await remote.scoreText(pairs);
    expect(scores.map(({ tokenLogprobs }) => tokenLogprobs)).toEqual(expected);
    server.bodies.length = 0;
    await remote.scoreText(pairs);
    expect(server.bodies).toHaveLength(4);
  });
});

describe('scoreRollingText', () => {
  it('returns the beginning without a probability', async () => {
    expect(await (await open()).scoreRollingText(['The cat.', ''])).toEqual([
      { tokenLogprobs: [p('The', ' cat'), p(' cat', '.')], greedy: false, unscored: 'The' },
      { tokenLogprobs: [], greedy: true, unscored: '' },
    ]);
  });

  it.each([false, true])('scores the whole text after a BOS token (spaces dropped: %s)', async (dropsSpaces) => {
    server.habits.addsBos = 'to text';
    server.habits.dropsSpaces = dropsSpaces;
    expect(await (await open()).scoreRollingText(['The cat'])).toEqual([
      { tokenLogprobs: [p('<s>', 'The'), p('The', ' cat')], greedy: true, unscored: '' },
    ]);
  });

  it('rejects a first token that is not readable', async () => {
    const logprobs = { tokens: ['\ufffd', '\ufffd', 'x'], token_logprobs: [null, -1, -1], top_logprobs: null };
    server.faults.push({ status: 200, body: { choices: [{ logprobs }] } });
    await expect((await open()).scoreRollingText(['😀'])).rejects.toThrow(/do not show the first token/);
  });
});

function echo(tokens: string[], newTokens: number | null = 1): EchoedTokens {
  return { tokens, newTokens, logprobs: tokens.map(() => -1), isTop: tokens.map(() => true), promptTokens: null };
}

describe('moveTrailingSpace', () => {
  it('moves whitespace to the continuation', () => {
    expect(moveTrailingSpace({ context: 'a \n', continuation: 'b' })).toEqual({ context: 'a', continuation: ' \nb' });
    expect(moveTrailingSpace({ context: ' a', continuation: ' b' })).toEqual({ context: ' a', continuation: ' b' });
  });
});

describe('locateText', () => {
  it('leaves out tokens before and after the text', () => {
    expect(locateText(echo(['<s>', 'a', ' b', '!']), 'a b')).toEqual({ first: 1, starts: [0, 1] });
  });

  it('includes a token without text if the server counts it', () => {
    expect(locateText(echo(['a', '', '😀', '', '!']), 'a😀')).toEqual({ first: 0, starts: [0, 1, 1, 3] });
    expect(locateText(echo(['a', '', '😀', ''], 0), 'a😀')).toEqual({ first: 0, starts: [0, 1, 1, 3] });
  });

  it('works for a server that neither counts nor lists its end token', () => {
    expect(locateText(echo(['a', 'b'], null), 'ab')).toEqual({ first: 0, starts: [0, 1] });
    expect(locateText(echo(['a', 'b'], 1), 'ab')).toBeNull();
  });

  it('does not mistake <s> in the text for the BOS token', () => {
    expect(locateText(echo(['<s>', 'a', '!']), '<s>a')).toEqual({ first: 0, starts: [0, 3] });
    expect(locateText(echo(['<s>', '<s>', 'a', '!']), '<s>a')).toEqual({ first: 1, starts: [0, 3] });
  });

  it('has no token that begins inside another', () => {
    const located = locateText(echo(['a', 'bc', '!']), 'abc');
    expect(located && [0, 1, 2, 3].map((position) => tokenAt(located, position))).toEqual([0, 1, null, null]);
  });

  it('returns null for parts of characters', () => {
    expect(locateText(echo(['\ufffd', '\ufffd', '!']), '😀')).toBeNull();
    expect(locateText(echo(['a', '!']), 'ab')).toBeNull();
  });
});
