import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { EchoedTokens } from '../../../src/language-model/remote/completions-api.ts';
import { openRemoteEngine } from '../../../src/language-model/remote/remote-engine.ts';
import { locateText, moveTrailingSpace, tokenAt } from '../../../src/language-model/remote/remote-text.ts';
import { BigramEngine, bigramTokenizer, id, logprob, type Piece } from './bigram-engine.ts';
import { CompletionsServer } from './completions-server.ts';

let server: CompletionsServer;

beforeEach(async () => {
  server = await new CompletionsServer(new BigramEngine(), bigramTokenizer).start();
});
afterEach(() => server.stop());

const open = () => openRemoteEngine({ endpoint: server.url, model: 'toy', maxLength: 50, wait: async () => {} });
const p = (previous: Piece, next: Piece): number => logprob(id(previous), id(next));

describe('scoreText', () => {
  it('scores the tokens after the context, whose last space goes along', async () => {
    const [score, emoji] = await (await open()).scoreText([
      { context: 'The ', continuation: 'cat sat' },
      { context: 'The cat😀', continuation: '.The' },
    ]);
    expect(score).toEqual({ tokenLogprobs: [p('The', ' cat'), p(' cat', ' sat')], greedy: true });
    expect(emoji).toEqual({ tokenLogprobs: [p('😀', '.'), p('.', 'The')], greedy: false });
    expect(server.bodies.map(({ prompt }) => prompt).sort()).toEqual(['The cat sat', 'The cat😀.The']);
  });

  it.each(['bytes', '-1', 'characters'] as const)('offsets in %s change nothing', async (textOffset) => {
    server.habits.textOffset = textOffset;
    const [score] = await (await open()).scoreText([{ context: '😀', continuation: '.The' }]);
    expect(score?.tokenLogprobs).toEqual([p('😀', '.'), p('.', 'The')]);
  });

  it('a BOS token of the server is not of the text, and lets an empty context be', async () => {
    server.habits.addsBos = 'to text';
    const scores = await (await open()).scoreText([
      { context: 'The cat', continuation: ' sat' },
      { context: ' ', continuation: 'dog' },
    ]);
    expect(scores.map(({ tokenLogprobs }) => tokenLogprobs)).toEqual([[p(' cat', ' sat')], [p('<s>', ' dog')]]);
  });

  it('without a BOS token an empty context has no answer', async () => {
    await expect((await open()).scoreText([{ context: '', continuation: 'The' }])).rejects.toThrow(/give a context/);
  });

  it('a token that straddles the border is cut where lm-evaluation-harness cuts it', async () => {
    // Whole: The| cats|. — the context alone: The| cat, two tokens, so the continuation is the third.
    const [score] = await (await open()).scoreText([{ context: 'The cat', continuation: 's.' }]);
    expect(score?.tokenLogprobs).toEqual([p(' cats', '.')]);
  });

  it('a continuation that melts into the context is not scored as something else', async () => {
    await expect((await open()).scoreText([{ context: 'The cat', continuation: 's' }])).rejects.toThrow(
      /do not show where "s" begins — give the model's tokenizer/,
    );
  });

  it('where single tokens lose their spaces, the context alone is counted, once', async () => {
    server.habits.dropsSpaces = true;
    const scores = await (await open()).scoreText([
      { context: 'The', continuation: ' cat sat' },
      { context: 'The', continuation: ' dog' },
    ]);
    expect(scores.map(({ tokenLogprobs }) => tokenLogprobs)).toEqual([
      [p('The', ' cat'), p(' cat', ' sat')],
      [p('The', ' dog')],
    ]);
    expect(server.bodies.map(({ prompt }) => prompt).sort()).toEqual(['The', 'The cat sat', 'The dog']);
  });
});

describe('scoreRollingText', () => {
  it('names the beginning that has no probability', async () => {
    expect(await (await open()).scoreRollingText(['The cat.', ''])).toEqual([
      { tokenLogprobs: [p('The', ' cat'), p(' cat', '.')], greedy: false, unscored: 'The' },
      { tokenLogprobs: [], greedy: true, unscored: '' },
    ]);
  });

  it.each([false, true])('scores all of it after a BOS token (spaces dropped: %s)', async (dropsSpaces) => {
    server.habits.addsBos = 'to text';
    server.habits.dropsSpaces = dropsSpaces;
    expect(await (await open()).scoreRollingText(['The cat'])).toEqual([
      { tokenLogprobs: [p('<s>', 'The'), p('The', ' cat')], greedy: true, unscored: '' },
    ]);
  });

  it('a first token that shows nothing is not guessed at', async () => {
    const logprobs = { tokens: ['\ufffd', '\ufffd', 'x'], token_logprobs: [null, -1, -1], top_logprobs: null };
    server.faults.push({ status: 200, body: { choices: [{ logprobs }] } });
    await expect((await open()).scoreRollingText(['😀'])).rejects.toThrow(/do not show the first token/);
  });
});

function echo(tokens: string[], newTokens: number | null = 1): EchoedTokens {
  return { tokens, newTokens, logprobs: tokens.map(() => -1), isTop: tokens.map(() => true), promptTokens: null };
}

describe('placing text in tokens', () => {
  it('white space moves', () => {
    expect(moveTrailingSpace({ context: 'a \n', continuation: 'b' })).toEqual({ context: 'a', continuation: ' \nb' });
    expect(moveTrailingSpace({ context: ' a', continuation: ' b' })).toEqual({ context: ' a', continuation: ' b' });
  });

  it('tokens before and after the text are left out', () => {
    expect(locateText(echo(['<s>', 'a', ' b', '!']), 'a b')).toEqual({ first: 1, starts: [0, 1] });
  });

  it('a token that shows nothing is of the text where the server counts it', () => {
    expect(locateText(echo(['a', '', '😀', '', '!']), 'a😀')).toEqual({ first: 0, starts: [0, 1, 1, 3] });
    expect(locateText(echo(['a', '', '😀', ''], 0), 'a😀')).toEqual({ first: 0, starts: [0, 1, 1, 3] });
  });

  it('a server that neither counts nor lists its end token', () => {
    expect(locateText(echo(['a', 'b'], null), 'ab')).toEqual({ first: 0, starts: [0, 1] });
    expect(locateText(echo(['a', 'b'], 1), 'ab')).toBeNull();
  });

  it('a text that says <s> itself is not taken for the BOS token', () => {
    expect(locateText(echo(['<s>', 'a', '!']), '<s>a')).toEqual({ first: 0, starts: [0, 3] });
    expect(locateText(echo(['<s>', '<s>', 'a', '!']), '<s>a')).toEqual({ first: 1, starts: [0, 3] });
  });

  it('no token begins inside another', () => {
    const placed = locateText(echo(['a', 'bc', '!']), 'abc');
    expect(placed && [0, 1, 2, 3].map((at) => tokenAt(placed, at))).toEqual([0, 1, null, null]);
  });

  it('pieces of characters do not give the text', () => {
    expect(locateText(echo(['\ufffd', '\ufffd', '!']), '😀')).toBeNull();
    expect(locateText(echo(['a', '!']), 'ab')).toBeNull();
  });
});
