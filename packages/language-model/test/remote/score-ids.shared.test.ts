import type { Sequence, SequenceScore } from '@shadow-gate/language-model/engine';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openRemoteEngine, type RemoteEngineOptions } from '../../src/remote/remote-engine.ts';
import { BigramEngine, bigramTokenizer, ids, type Piece } from './bigram-engine.ts';
import { CompletionsServer, type Habits } from './completions-server.ts';

const local = new BigramEngine();
let server: CompletionsServer;

beforeEach(async () => {
  server = await new CompletionsServer(local, bigramTokenizer).start();
});
afterEach(() => server.stop());

const open = (options: Partial<RemoteEngineOptions> = {}) =>
  openRemoteEngine({ endpoint: server.url, model: 'toy', maxLength: 50, wait: async () => {}, ...options });

const choicesAfter = (context: readonly number[], ...continuations: number[][]): Sequence[] =>
  continuations.map((continuation) => ({ context, continuation }));

/** Four choices of one token, and four of one or two tokens of which some begin alike. */
const single = choicesAfter(ids('<s>', 'The'), ids(' cat'), ids(' dog'), ids('.'), ids(' cats'));
const long = choicesAfter(ids('<s>', '.'), ids(' cat', ' sat'), ids(' cat', '.'), ids(' dog'), ids(' sat', '😀'));
const contexts: Piece[][] = [['The'], [' cat'], [' sat'], ['😀', '.'], [' dog', ' '], ['<s>']];
const many = contexts.flatMap((context, i) =>
  choicesAfter(ids(...context), [i], [(i + 3) % 9], [(i + 5) % 9, i], [8 - i, i]),
);

/** The echo of the test server and its next tokens are of the same numbers: nothing is rounded. */
async function expectSame(sequences: readonly Sequence[], options: Partial<RemoteEngineOptions> = {}): Promise<void> {
  const remote = await open(options);
  expect(await remote.score(sequences)).toEqual(await local.score(sequences));
  expect(remote.usage.requests).toBe(server.bodies.length);
}

const prompts = () => server.bodies.map(({ prompt }) => prompt);

describe('choices of one context', () => {
  it('are one request for the next token if each is one token', async () => {
    await expectSame(single);
    expect(server.bodies).toEqual([
      {
        model: 'toy',
        prompt: ids('<s>', 'The'),
        max_tokens: 1,
        temperature: 0,
        repetition_penalty: 1,
        repeat_penalty: 1,
        logprobs: 20,
        logprob_token_ids: ids(' cat', ' dog', '.', ' cats'),
        return_tokens_as_token_ids: true,
      },
    ]);
  });

  it('are one request with a prompt for each place where they part if they are longer', async () => {
    await expectSame(long);
    const context = ids('<s>', '.');
    expect(prompts()).toEqual([[context, [...context, ...ids(' cat')], [...context, ...ids(' sat')]]]);
  });

  it('are greedy if no other token is more likely, also one that was not asked for', async () => {
    const [first] = await (await open()).score(choicesAfter(ids('The'), ids(' dog'), ids('.')));
    expect(first?.greedy).toBe(false);
    const tie = await (await open()).score(choicesAfter(ids(' sat'), ids('.'), ids('😀')));
    expect(tie.map(({ greedy }) => greedy)).toEqual([true, true]);
  });

  it.each<[string, Partial<Habits>, number]>([
    ['what was asked for', {}, 6],
    // Token 0 is a choice of three contexts.
    ['what was asked for, and token 0 as if it were impossible', { padsLists: true }, 9],
    ['all of its most likely tokens', { nextTokens: 'most likely' }, 6],
    ['tokens by their texts', { nextTokens: 'by text' }, 7],
    ['nothing', { nextTokens: 'ignored' }, 7],
    ['no such request', { nextTokens: 'refused' }, 7],
    ['no usage', { usage: false }, 7],
    ['no list of prompts', { takesLists: false }, 26],
    ['neither', { takesLists: false, nextTokens: 'refused' }, 26],
  ])('have the same scores from a server that gives %j, in no more requests than needed', async (_, habits, count) => {
    Object.assign(server.habits, habits);
    await expectSame(many);
    expect(server.bodies).toHaveLength(count);
  });

  it('that the server does not list are asked for as before, and only they', async () => {
    Object.assign(server.habits, { nextTokens: 'most likely', maxLogprobs: 1 });
    // Only " cat" is the most likely token.
    await expectSame(single);
    const after = (piece: Piece) => ids('<s>', 'The', piece);
    expect(prompts()).toEqual([ids('<s>', 'The'), [after(' dog'), after('.'), after(' cats')]]);
  });

  it('are no longer asked for by the next token where that seldom helps', async () => {
    Object.assign(server.habits, { nextTokens: 'most likely', maxLogprobs: 1 });
    const wanted = Array.from({ length: 60 }, (_, i) => [1 + Math.floor(i / 9), i % 9]).flatMap((context) =>
      choicesAfter(context, [5], [7]),
    );
    await expectSame(wanted, { concurrency: 1 });
    const asked = server.bodies.filter(({ echo }) => echo !== true).length;
    expect({ asked, echoed: server.bodies.length - asked }).toEqual({ asked: 12, echoed: 60 });
  });

  it('are refused from a server that adds a BOS token to token ids', async () => {
    server.habits.addsBos = 'to ids too';
    await expect((await open()).score(single)).rejects.toThrow(/read 3 tokens, and 2 were sent/);
    server.habits.nextTokens = 'refused';
    await expect((await open()).score(single)).rejects.toThrow(/read 16 tokens, and 12 were sent/);
  });

  it('are not taken from a server that answers other prompts than it was asked', async () => {
    const choice = { index: 0, text: 'x', logprobs: null };
    server.faults.push({ status: 200, body: { choices: [choice, choice] } });
    await expect((await open()).score(single)).rejects.toThrow(/choices: 2 for 1 prompts/);
    server.faults.push({ status: 200, body: { choices: [choice, { ...choice, index: 2 }, choice] } });
    await expect((await open()).score(long)).rejects.toThrow(/is not a completion/);
  });
});

it('a server that cannot list next tokens is asked once, not as often as there are requests at a time', async () => {
  server.habits.nextTokens = 'refused';
  await expectSame(many, { concurrency: 6 });
  expect(server.bodies.filter(({ echo }) => echo !== true)).toHaveLength(1);
});

it('contexts that begin alike follow each other, and the answers keep their order', async () => {
  const shuffled = [[3, 1], [1, 2], [3], [1], [3, 1, 4]].map((context) => ({ context, continuation: [2] }));
  const expected: SequenceScore[] = await local.score(shuffled);
  expect(await (await open({ concurrency: 1 })).score(shuffled)).toEqual(expected);
  expect(prompts()).toEqual([
    [1, 2],
    [1, 2, 2],
    [3, 2],
    [3, 1, 2],
    [3, 1, 4, 2],
  ]);
});
