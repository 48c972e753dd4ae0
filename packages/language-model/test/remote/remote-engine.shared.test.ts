import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openRemoteEngine, type RemoteEngineOptions } from '../../src/remote/remote-engine.ts';
import { BigramEngine, bigramTokenizer, id, ids, logprob } from './bigram-engine.ts';
import { CompletionsServer } from './completions-server.ts';

const local = new BigramEngine();
let server: CompletionsServer;

beforeEach(async () => {
  server = await new CompletionsServer(local, bigramTokenizer).start();
});
afterEach(() => server.stop());

const open = (options: Partial<RemoteEngineOptions> = {}) =>
  openRemoteEngine({ endpoint: server.url, model: 'toy', wait: async () => {}, ...options });

const sequences = [
  { context: ids('The'), continuation: ids(' cat', ' sat', '.') },
  { context: ids('<s>', 'The'), continuation: ids(' dog') },
  { context: ids(' dog', ' sat'), continuation: ids('😀') },
];

describe('score', () => {
  it('returns the numbers of the engine behind the server', async () => {
    const remote = await open();
    expect(await remote.score(sequences)).toEqual(await local.score(sequences));
    expect(await remote.score(sequences.slice(0, 1))).toEqual([
      { tokenLogprobs: [Math.log(1 / 2), Math.log(1 / 2), Math.log(3 / 8)], greedy: true },
    ]);
    expect(server.bodies.at(-1)).toEqual({
      model: 'toy',
      prompt: ids('The', ' cat', ' sat', '.'),
      max_tokens: 1,
      temperature: 0,
      logprobs: 1,
      echo: true,
    });
  });

  it('counts a tie with the most likely token as greedy', async () => {
    const scores = await (await open()).score(sequences);
    expect(scores.map(({ greedy }) => greedy)).toEqual([true, false, true]);
  });

  it('distinguishes tokens that look alike by their values', async () => {
    const logprobs = {
      tokens: ['a', '\ufffd', 'b'],
      token_logprobs: [null, -5, -1],
      top_logprobs: [null, { '\ufffd': -0.1 }, { b: -1 }],
    };
    server.faults.push({ status: 200, body: { choices: [{ logprobs }] } });
    const scores = await (await open()).score([{ context: [1], continuation: [2] }]);
    expect(scores).toEqual([{ tokenLogprobs: [-5], greedy: false }]);
  });

  it('keeps the order, with no more requests at once than allowed', async () => {
    server.gathers = 3;
    const remote = await open({ concurrency: 3 });
    const many = Array.from({ length: 20 }, (_, i) => ({
      context: [Math.floor(i / 9), i % 9],
      continuation: [(i * 4) % 9, i % 7],
    }));
    expect(await remote.score(many)).toEqual(await local.score(many));
    expect(server.mostAtOnce).toBe(3);
    expect(server.bodies).toHaveLength(20);
  });

  it('limits two calls at the same time together', async () => {
    server.gathers = 2;
    const remote = await open({ concurrency: 2 });
    const both = [...sequences, ...sequences];
    expect(await Promise.all([remote.score(both), remote.score(both)])).toHaveLength(2);
    expect(server.mostAtOnce).toBe(2);
  });

  it('finds the continuation without usage in the response', async () => {
    server.habits.usage = false;
    expect(await (await open()).score(sequences)).toEqual(await local.score(sequences));
  });

  it.each([true, false])('detects a server that adds a BOS token to token ids (usage: %s)', async (usage) => {
    server.habits.addsBos = 'to ids too';
    server.habits.usage = usage;
    await expect((await open()).score(sequences)).rejects.toThrow(/read [45] tokens, and [34] were sent/);
  });

  it.each(['null', 'new token only', 'llama.cpp content', 'refused'] as const)(
    'reports a server without log-probabilities of the prompt after one request (%s)',
    async (habit) => {
      server.habits.promptLogprobs = habit;
      const remote = await open({ concurrency: 1 });
      await expect(remote.score(sequences)).rejects.toThrow(
        /the server at http:\/\/127\.0\.0\.1:\d+\/v1 does not return log-probabilities of the prompt.* — serve the model with vLLM/,
      );
      expect(server.bodies).toHaveLength(1);
    },
  );

  it('reports a server that does not accept token ids (text-generation-inference)', async () => {
    server.faults.push({
      status: 422,
      body: 'Failed to deserialize the JSON body into the target type: prompt: data did not match any variant',
    });
    await expect((await open()).score(sequences.slice(0, 1))).rejects.toThrow(/does not accept token ids.*any variant/);
  });

  it('rejects null for a token in the middle', async () => {
    const answer = {
      choices: [
        {
          finish_reason: 'length',
          logprobs: {
            tokens: ['a', 'b', 'c'],
            token_logprobs: [null, null, -1],
            top_logprobs: [null, null, { c: -1 }],
          },
        },
      ],
      usage: { prompt_tokens: 2, completion_tokens: 1 },
    };
    server.faults.push({ status: 200, body: answer });
    const remote = await open();
    await expect(remote.score([{ context: [1], continuation: [2] }])).rejects.toThrow(/none for token 2/);
  });

  it('reports a server without top_logprobs, which greedy needs', async () => {
    server.habits.topLogprobs = false;
    await expect((await open()).score(sequences)).rejects.toThrow(/returns no top_logprobs/);
  });
});

describe('generate', () => {
  const stopTokens = new Set(ids('.'));
  const prompt = { tokens: ids('The'), maxNewTokens: 5, stopTokens };

  it('ends with the stop token, like the engine behind the server', async () => {
    const prompts = [prompt, { ...prompt, maxNewTokens: 2 }, { ...prompt, stopTokens: new Set<number>() }];
    expect(await (await open()).generate(prompts)).toEqual(await local.generate(prompts));
    expect(server.bodies[0]).toMatchObject({ stop_token_ids: ids('.'), ignore_eos: true, repetition_penalty: 1 });
  });

  it('samples at a temperature with a seed, and without what servers leave out by themselves', async () => {
    const sampling = { temperature: 0.7, seed: 1234 };
    await (await open()).generate([{ ...prompt, sampling }]);
    await (await open()).generateText([{ prompt: 'The', maxNewTokens: 2, stop: [], sampling }]);
    for (const body of server.bodies) expect(body).toMatchObject({ ...sampling, top_p: 1, top_k: 0, min_p: 0 });
    expect(server.bodies).toHaveLength(2);
  });

  it('cuts tokens after isDone', async () => {
    const prompts = [{ ...prompt, isDone: (tokens: readonly number[]) => tokens.includes(id(' cat')) }];
    expect(await (await open()).generate(prompts)).toEqual([{ tokens: ids(' cat'), finish: 'stop' }]);
  });

  it('reports a server that returns no token ids', async () => {
    server.habits.returnsTokenIds = false;
    await expect((await open()).generate([prompt])).rejects.toThrow(/does not return the ids of generated tokens/);
  });

  it('gets text from any server, for text or token ids, without the stop string', async () => {
    server.habits.returnsTokenIds = false;
    const answers = await (await open()).generateText([
      { prompt: 'The', maxNewTokens: 9, stop: ['.'] },
      { prompt: ids('<s>'), maxNewTokens: 2, stop: [] },
    ]);
    expect(answers).toEqual([
      { text: ' cat sat', finish: 'stop' },
      { text: 'The cat', finish: 'length' },
    ]);
  });

  it('cuts a stop string that the server includes', async () => {
    server.faults.push({ status: 200, body: { choices: [{ text: ' cat. The\n', finish_reason: 'length' }] } });
    const prompts = [{ prompt: 'The', maxNewTokens: 9, stop: ['\n', '.'] }];
    expect(await (await open()).generateText(prompts)).toEqual([{ text: ' cat', finish: 'stop' }]);
  });

  it('rejects a generation that was aborted', async () => {
    server.faults.push({ status: 200, body: { choices: [{ text: ' c', finish_reason: 'abort' }] } });
    const prompts = [{ prompt: 'The', maxNewTokens: 9, stop: [] }];
    await expect((await open()).generateText(prompts)).rejects.toThrow(/aborted the generation.*"abort"/);
  });
});

describe('maxLength', () => {
  it.each([
    ['of vLLM', { data: [{ id: 'toy', max_model_len: 4096 }] }, 4094],
    [
      'of the requested model',
      {
        data: [
          { id: 'big', max_model_len: 9 },
          { id: 'toy', max_model_len: 50 },
        ],
      },
      48,
    ],
    [
      'of the base model of an adapter',
      {
        data: [
          { id: 'base', max_model_len: 50 },
          { id: 'toy', max_model_len: null },
        ],
      },
      48,
    ],
    ['of llama.cpp', { data: [{ id: '/models/toy.gguf', meta: { n_ctx_train: 8192 } }] }, 8190],
    ['by default', { data: [{ id: 'toy' }] }, 2046],
    ['by default for an unknown response', { models: 'none' }, 2046],
    ['by default without a list of models', null, 2046],
  ])('%s: leaves room for the last token and the generated one', async (_, models, maxLength) => {
    server.habits.models = models;
    expect((await open()).maxLength).toBe(maxLength);
  });

  it('is the given one, whatever the server says', async () => {
    expect((await open({ maxLength: 77 })).maxLength).toBe(77);
    expect(server.posts).toEqual([]);
  });
});

it('aborts running requests when it is closed, and starts none afterwards', async () => {
  server.faults.push('silence');
  const remote = await open();
  const hanging = remote.score(sequences.slice(0, 1));
  const rejection = expect(hanging).rejects.toThrow(/closed/);
  await remote.close();
  await rejection;
  await expect(remote.score(sequences)).rejects.toThrow(/closed/);
});

it.each([0, 1.5])('throws a RangeError for %d requests at once', async (concurrency) => {
  await expect(open({ concurrency })).rejects.toThrow(RangeError);
});

it('throws a RangeError for an empty context, which is a bug of the caller', async () => {
  await expect((await open()).score([{ context: [], continuation: [1] }])).rejects.toThrow(RangeError);
});

it('the probabilities of the bigram model sum to one', () => {
  for (const previous of [0, 4, 8]) {
    const sum = [0, 1, 2, 3, 4, 5, 6, 7, 8].reduce((total, next) => total + Math.exp(logprob(previous, next)), 0);
    expect(sum).toBeCloseTo(1, 12);
  }
});
