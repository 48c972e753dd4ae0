import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openRemoteEngine, type RemoteEngineOptions } from '../../../src/language-model/remote/remote-engine.ts';
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
  it('gives the numbers of the engine behind the server', async () => {
    const remote = await open();
    expect(await remote.score(sequences)).toEqual(await local.score(sequences));
    expect(await remote.score(sequences.slice(0, 1))).toEqual([
      { tokenLogprobs: [Math.log(1 / 2), Math.log(1 / 2), Math.log(3 / 8)], greedy: true },
    ]);
    expect(server.bodies[0]).toEqual({
      model: 'toy',
      prompt: ids('The', ' cat', ' sat', '.'),
      max_tokens: 1,
      temperature: 0,
      logprobs: 1,
      echo: true,
    });
  });

  it('a tie with the likeliest token is greedy, a token below it is not', async () => {
    const scores = await (await open()).score(sequences);
    expect(scores.map(({ greedy }) => greedy)).toEqual([true, false, true]);
  });

  it('two tokens that look alike are told apart by their values', async () => {
    const logprobs = {
      tokens: ['a', '\ufffd', 'b'],
      token_logprobs: [null, -5, -1],
      top_logprobs: [null, { '\ufffd': -0.1 }, { b: -1 }],
    };
    server.faults.push({ status: 200, body: { choices: [{ logprobs }] } });
    const scores = await (await open()).score([{ context: [1], continuation: [2] }]);
    expect(scores).toEqual([{ tokenLogprobs: [-5], greedy: false }]);
  });

  it('answers come in the order asked, never more requests at once than allowed', async () => {
    server.gathers = 3;
    const remote = await open({ concurrency: 3 });
    const many = Array.from({ length: 20 }, (_, i) => ({ context: [i % 9], continuation: [(i * 4) % 9, i % 7] }));
    expect(await remote.score(many)).toEqual(await local.score(many));
    expect(server.mostAtOnce).toBe(3);
    expect(server.bodies).toHaveLength(20);
  });

  it('two calls at the same time share the bound', async () => {
    server.gathers = 2;
    const remote = await open({ concurrency: 2 });
    const both = [...sequences, ...sequences];
    expect(await Promise.all([remote.score(both), remote.score(both)])).toHaveLength(2);
    expect(server.mostAtOnce).toBe(2);
  });

  it('without usage in the answer the token ids alone say where the continuation is', async () => {
    server.habits.usage = false;
    expect(await (await open()).score(sequences)).toEqual(await local.score(sequences));
  });

  it.each([true, false])('a server that puts a BOS token before ids is found out (usage: %s)', async (usage) => {
    server.habits.addsBos = 'to ids too';
    server.habits.usage = usage;
    await expect((await open()).score(sequences)).rejects.toThrow(/reads 5 tokens where 4 were sent/);
  });

  it.each(['null', 'new token only', 'llama.cpp content', 'refused'] as const)(
    'a server without log-probabilities of the prompt (%s) is named, at once',
    async (habit) => {
      server.habits.promptLogprobs = habit;
      const remote = await open({ concurrency: 1 });
      await expect(remote.score(sequences)).rejects.toThrow(
        /the server at http:\/\/127\.0\.0\.1:\d+\/v1 does not return log-probabilities of the prompt.* — serve the model with vLLM/,
      );
      expect(server.bodies).toHaveLength(1);
    },
  );

  it('a server that takes no token ids is named (text-generation-inference)', async () => {
    server.faults.push({
      status: 422,
      body: 'Failed to deserialize the JSON body into the target type: prompt: data did not match any variant',
    });
    await expect((await open()).score(sequences.slice(0, 1))).rejects.toThrow(/does not take token ids.*any variant/);
  });

  it('null for a token in the middle is not taken for a number', async () => {
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

  it('without top_logprobs nobody can say what is greedy', async () => {
    server.habits.topLogprobs = false;
    await expect((await open()).score(sequences)).rejects.toThrow(/returns no top_logprobs/);
  });
});

describe('generate', () => {
  const stopTokens = new Set(ids('.'));
  const prompt = { tokens: ids('The'), maxNewTokens: 5, stopTokens };

  it('ends with the stop token, as the engine behind does', async () => {
    const prompts = [prompt, { ...prompt, maxNewTokens: 2 }, { ...prompt, stopTokens: new Set<number>() }];
    expect(await (await open()).generate(prompts)).toEqual(await local.generate(prompts));
    expect(server.bodies[0]).toMatchObject({ stop_token_ids: ids('.'), ignore_eos: true, repetition_penalty: 1 });
  });

  it('what is generated beyond «enough» is cut', async () => {
    const prompts = [{ ...prompt, isDone: (tokens: readonly number[]) => tokens.includes(id(' cat')) }];
    expect(await (await open()).generate(prompts)).toEqual([{ tokens: ids(' cat'), finish: 'stop' }]);
  });

  it('a server without token ids is named', async () => {
    server.habits.returnsTokenIds = false;
    await expect((await open()).generate([prompt])).rejects.toThrow(/does not return the ids of generated tokens/);
  });

  it('text comes from any server, from text or ids, without the stop string', async () => {
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

  it('a stop string that the server leaves in is cut', async () => {
    server.faults.push({ status: 200, body: { choices: [{ text: ' cat. The\n', finish_reason: 'length' }] } });
    const prompts = [{ prompt: 'The', maxNewTokens: 9, stop: ['\n', '.'] }];
    expect(await (await open()).generateText(prompts)).toEqual([{ text: ' cat', finish: 'stop' }]);
  });

  it('an answer that was broken off is not taken for the whole', async () => {
    server.faults.push({ status: 200, body: { choices: [{ text: ' c', finish_reason: 'abort' }] } });
    const prompts = [{ prompt: 'The', maxNewTokens: 9, stop: [] }];
    await expect((await open()).generateText(prompts)).rejects.toThrow(/broke off.*"abort"/);
  });
});

describe('the longest input', () => {
  it.each([
    ['of vLLM', { data: [{ id: 'toy', max_model_len: 4096 }] }, 4094],
    [
      'of the model asked for',
      {
        data: [
          { id: 'big', max_model_len: 9 },
          { id: 'toy', max_model_len: 50 },
        ],
      },
      48,
    ],
    [
      'of the base of an adapter',
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
    ['by default where the answer is strange', { models: 'none' }, 2046],
    ['by default where there is no list', null, 2046],
  ])('%s leaves room for the last token and the generated one', async (_, models, maxLength) => {
    server.habits.models = models;
    expect((await open()).maxLength).toBe(maxLength);
  });

  it('given, the server is not asked', async () => {
    expect((await open({ maxLength: 77 })).maxLength).toBe(77);
    expect(server.requests).toEqual([]);
  });
});

it('closing breaks off what is under way, and nothing runs afterwards', async () => {
  server.faults.push('silence');
  const remote = await open();
  const hanging = remote.score(sequences.slice(0, 1));
  const asked = expect(hanging).rejects.toThrow(/closed/);
  await remote.close();
  await asked;
  await expect(remote.score(sequences)).rejects.toThrow(/closed/);
});

it('an empty context of token ids is a mistake of ours', async () => {
  await expect((await open()).score([{ context: [], continuation: [1] }])).rejects.toThrow(RangeError);
});

it('the bigram numbers are a distribution', () => {
  for (const previous of [0, 4, 8]) {
    const sum = [0, 1, 2, 3, 4, 5, 6, 7, 8].reduce((total, next) => total + Math.exp(logprob(previous, next)), 0);
    expect(sum).toBeCloseTo(1, 12);
  }
});
