import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openTokenizer } from '@shadow-gate/language-model/tokens';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CompletionsServer } from '../../packages/language-model/test/remote/completions-server.ts';
import { type ServedCheckpoint, serveCheckpoint } from '../../packages/language-model/test/remote/serve-checkpoint.ts';
import { talkingModel } from '../../packages/language-model/test/talking-model.ts';
import { fixture, shared, temporaryFolder } from '../fixtures.ts';
import { languageModel } from '../language-models.ts';
import { describeNeeds } from '../needs.ts';
import { runCliWith } from './run-cli.ts';

/** Run a command line as a user without an API key. */
const cli = (...args: string[]) => runCliWith({ OPENAI_API_KEY: undefined }, ...args);

/** A folder with requests in it. */
function requestsFile(...lines: readonly (object | string)[]): { requests: string; output: string } {
  const folder = temporaryFolder();
  const requests = join(folder, 'requests.jsonl');
  writeFileSync(requests, lines.map((line) => `${typeof line === 'string' ? line : JSON.stringify(line)}\n`).join(''));
  return { requests, output: join(folder, 'answers.jsonl') };
}

const readLines = (path: string) =>
  readFileSync(path, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);

async function answers(command: string, args: readonly string[], ...lines: readonly object[]) {
  const { requests, output } = requestsFile(...lines);
  const result = await cli(command, ...args, '--requests', requests, '--output', output);
  expect(result.stderr).toBe('');
  expect(result.code).toBe(0);
  return { stdout: result.stdout, output, answers: readLines(output) };
}

const PAIRS = [
  { id: 'q1-a', context: 'The cat', continuation: ' sat' },
  { id: 'q1-b', context: 'The cat', continuation: ' on the mat.' },
  { id: 7, context_ids: [1, 50, 60], continuation_ids: [70] },
  { id: 'text', rolling: 'Once upon a time' },
];
const PROMPTS = [
  { id: 'p', prompt: 'The cat', max_new_tokens: 5 },
  { id: 8, prompt_ids: [1, 50, 60], max_new_tokens: 3 },
  { id: 'stops', prompt: 'Once', max_new_tokens: 12, stop: ['a', 'e', 'i', 'o', 'u', ' '] },
];

describe('score', () => {
  it('answers every request in the order of the file, and whatever memory a batch may take', async () => {
    const model = talkingModel();
    const { stdout, answers: found } = await answers('score', ['--checkpoint', model, '--device', 'cpu'], ...PAIRS);
    expect(stdout).toMatch(/^scored 4 requests on cpu \(.*\): .*answers\.jsonl\n$/);
    expect(found.map(({ id }) => id)).toEqual(['q1-a', 'q1-b', 7, 'text']);
    for (const answer of found) {
      expect(Object.keys(answer)).toEqual(['id', 'logprob', 'token_logprobs', 'greedy']);
      const parts = answer.token_logprobs as number[];
      expect(parts.length).toBeGreaterThan(0);
      expect(parts.every((part) => part < 0)).toBe(true);
      expect(parts.reduce((sum, part) => sum + part, 0)).toBeCloseTo(answer.logprob as number, 4);
    }
    const little = ['--checkpoint', model, '--device', 'cpu', '--batch-memory', '0.001'];
    const small = await answers('score', little, ...PAIRS);
    for (const [i, { logprob }] of small.answers.entries()) {
      expect(logprob).toBeCloseTo(found[i]?.logprob as number, 4);
    }
  });

  it('answers a request that is longer than the context, with a warning', async () => {
    const { requests, output } = requestsFile({
      id: 1,
      context_ids: Array<number>(70).fill(5),
      continuation_ids: [6],
    });
    const args = ['--checkpoint', talkingModel(), '--requests', requests, '--output', output];
    const { code, stderr } = await cli('score', ...args);
    expect(code).toBe(0);
    expect(stderr).toBe(`shadow-gate: warning: ${requests}:1: cut on the left to fit the model's context\n`);
    expect(readLines(output)).toHaveLength(1);
  });

  it('scores an adapter differently from its base model', async () => {
    const line = { id: 1, context_ids: [5, 6, 7], continuation_ids: [8, 9] };
    const adapter = ['--checkpoint', languageModel('lora'), '--reference', languageModel('llama')];
    const [adapted] = (await answers('score', adapter, line)).answers;
    const [plain] = (await answers('score', ['--checkpoint', languageModel('llama')], line)).answers;
    expect(Math.abs((adapted?.logprob as number) - (plain?.logprob as number))).toBeGreaterThan(0.01);
  });
});

describe('generate', () => {
  it('continues every prompt in the order of the file', async () => {
    const model = talkingModel();
    const { stdout, answers: found } = await answers(
      'generate',
      ['--checkpoint', model, '--device', 'cpu'],
      ...PROMPTS,
    );
    expect(stdout).toMatch(/^continued 3 requests on cpu \(.*\): .*answers\.jsonl\n$/);
    expect(found.map(({ id }) => id)).toEqual(['p', 8, 'stops']);
    const tokenizer = await openTokenizer(model);
    for (const answer of found) expect(Object.keys(answer)).toEqual(['id', 'text', 'tokens', 'finish']);
    const [first, second, third] = found;
    expect(first?.tokens).toHaveLength(5);
    expect(second?.tokens).toHaveLength(3);
    expect(first).toMatchObject({
      text: tokenizer.decode(first?.tokens as number[], { skipSpecialTokens: true }),
      finish: 'length',
    });
    expect(third?.finish).toBe('stop');
    expect(third?.text).not.toMatch(/[aeiou ]/);
  });
});

const stories = shared('models', 'stories260K');
describeNeeds(Boolean(stories), '../shared/models/stories260K')('a real language model', () => {
  const model = ['--checkpoint', stories ?? ''];

  it('has the perplexity that its C program reports', async () => {
    const rolling = 'One day, a clever fox found a shiny key under the old oak tree.';
    const [answer] = (await answers('score', model, { id: 1, rolling })).answers;
    // 54.4041 over the 34 tokens after BOS.
    expect(-(answer?.logprob as number)).toBeCloseTo(54.4041, 3);
    expect(Math.exp(-(answer?.logprob as number) / 34)).toBeCloseTo(4.9536, 4);
  });

  it('continues the beginning of a story as its C program does', async () => {
    const lines = [{ id: 1, prompt: 'Once upon a time, there was a', max_new_tokens: 20 }];
    const [answer] = (await answers('generate', model, ...lines)).answers;
    expect(answer?.text).toMatch(/^little girl named/);
  });
});

describe('the same model behind a server', () => {
  let served: ServedCheckpoint;
  let server: CompletionsServer;
  let model: string;
  beforeAll(async () => {
    model = talkingModel();
    served = await serveCheckpoint(model);
    ({ server } = served);
    server.habits.models = { data: [{ id: 'toy', max_model_len: 64 }] };
  });
  afterAll(() => served.stop());
  const endpoint = () => ['--endpoint', `${server.url}/v1`, '--model', 'toy', '--tokenizer', model];
  const local = () => ['--checkpoint', model, '--device', 'cpu'];

  it('gives the scores of the checkpoint', async () => {
    const remote = await answers('score', endpoint(), ...PAIRS);
    expect(remote.stdout).toBe(`scored 4 requests by toy at its endpoint: ${remote.output}\n`);
    expect(server.bodies.every(({ prompt }) => Array.isArray(prompt))).toBe(true);
    expectAlike(remote.answers, (await answers('score', local(), ...PAIRS)).answers);
  });

  it('gives the texts of the checkpoint', async () => {
    const remote = await answers('generate', endpoint(), ...PROMPTS);
    expect(remote.answers).toEqual((await answers('generate', local(), ...PROMPTS)).answers);
  });

  it('waits for one request as long as --timeout says, in seconds, and sends as many at once as --concurrency says', async () => {
    server.mostAtOnce = 0;
    server.faults.push('silence');
    const started = performance.now();
    const options = [...endpoint(), '--timeout', '0.5s', '--concurrency', '1'];
    expect((await answers('score', options, ...PAIRS)).stdout).toContain('scored 4 requests');
    expect(performance.now() - started).toBeGreaterThan(500);
    expect(server.mostAtOnce).toBe(1);
  });

  it('answers in order, also requests that are served at the same time', async () => {
    const lines = Array.from({ length: 12 }, (_, i) => ({
      id: i,
      context_ids: [1, 40 + i],
      continuation_ids: [50 + i],
    }));
    const remote = await answers('score', endpoint(), ...lines);
    expectAlike(remote.answers, (await answers('score', local(), ...lines)).answers);
  });
});

type Answer = Record<string, unknown>;

/** To 1e-6: the last digit that is written. */
function expectAlike(found: readonly Answer[], expected: readonly Answer[]): void {
  expect(found.map(({ id, greedy }) => [id, greedy])).toEqual(expected.map(({ id, greedy }) => [id, greedy]));
  for (const [i, answer] of expected.entries()) {
    const [ours, theirs] = [found[i]?.token_logprobs as number[], answer.token_logprobs as number[]];
    expect(ours).toHaveLength(theirs.length);
    for (const [j, value] of theirs.entries()) expect(Math.abs((ours[j] ?? 0) - value)).toBeLessThan(2.1e-6);
  }
}

describe('score and generate refuse, in one line and without an output file,', () => {
  const good = { id: 1, context_ids: [1], continuation_ids: [2] };
  /** A checkpoint that is refused by its config alone. */
  function modelOf(config: object): string {
    const folder = talkingModel();
    writeFileSync(join(folder, 'config.json'), JSON.stringify(config));
    return folder;
  }

  async function expectRefused(
    args: readonly string[],
    lines: readonly (object | string)[],
    pattern: RegExp,
  ): Promise<void> {
    const { requests, output } = requestsFile(...lines);
    const { code, stdout, stderr } = await cli(...args, '--requests', requests, '--output', output);
    expect(stderr).toMatch(pattern);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/^shadow-gate: error: [^\n]+ — [^\n]+\n$/);
    expect(readdirSync(join(output, '..'))).toEqual(['requests.jsonl']);
  }

  it.each<[string, () => string[], readonly (object | string)[], RegExp]>([
    [
      'an unknown model type',
      () => ['score', '--checkpoint', modelOf({ model_type: 'mamba' })],
      [good],
      /model_type "mamba" is not supported: none of the known families .* — ask it at a server/,
    ],
    [
      'a config key that may change the arithmetic',
      () => ['generate', '--checkpoint', modelOf({ model_type: 'llama', logit_scale: 2.5 })],
      [{ id: 1, prompt_ids: [1] }],
      /config\.json: "logit_scale": 2.5 may change what llama computes/,
    ],
    [
      'quantized weights',
      () => [
        'score',
        '--checkpoint',
        modelOf({ model_type: 'llama', quantization_config: { quant_method: 'awq', bits: 4 } }),
      ],
      [good],
      /AWQ, 4-bit/,
    ],
    [
      'a line that is not JSON',
      () => ['score', '--checkpoint', languageModel('llama')],
      [good, '{"id": 2,'],
      /requests\.jsonl:2: /,
    ],
    [
      'a request with a typo',
      () => ['generate', '--checkpoint', languageModel('llama')],
      [{ id: 1, prompt_ids: [1], max_tokens: 3 }],
      /requests\.jsonl:1: .*max_tokens/,
    ],
    [
      'tokens that are not in the vocabulary, in all requests',
      () => ['score', '--checkpoint', languageModel('llama')],
      [1, 2].map((id) => ({ id, context_ids: [1], continuation_ids: [64] })),
      /:1: token 64 is not in the model's vocabulary of 64 \(and none of the other 1 requests can be answered\)/,
    ],
    [
      'messages for a checkpoint without a chat template',
      () => ['generate', '--checkpoint', talkingModel()],
      [{ id: 1, messages: [{ role: 'user', content: 'a' }] }],
      /:1: the request has messages, but the checkpoint has no default chat template/,
    ],
    [
      'text without a tokenizer',
      () => ['score', '--checkpoint', languageModel('llama')],
      [{ id: 1, context: 'a', continuation: 'b' }],
      /tokenizer\.json/,
    ],
    [
      'a checkpoint and an endpoint',
      () => ['score', '--checkpoint', languageModel('llama'), '--endpoint', 'http://localhost:1/v1', '--model', 'x'],
      [good],
      /exactly one of --checkpoint and --endpoint/,
    ],
    ['neither a checkpoint nor an endpoint', () => ['generate'], [good], /exactly one of --checkpoint and --endpoint/],
    [
      'an endpoint without a model',
      () => ['score', '--endpoint', 'http://localhost:1/v1'],
      [good],
      /--endpoint needs --model/,
    ],
    [
      'a tokenizer with a checkpoint',
      () => ['score', '--checkpoint', languageModel('llama'), '--tokenizer', fixture('tokenizers', 'gpt2')],
      [good],
      /--tokenizer, .* need --endpoint/,
    ],
    [
      'an adapter without its base',
      () => ['score', '--checkpoint', languageModel('lora')],
      [good],
      /is an adapter.* — .*--reference/,
    ],
    [
      'a checkpoint that does not exist',
      () => ['score', '--checkpoint', '/nowhere/at/all'],
      [good],
      /\/nowhere\/at\/all does not exist/,
    ],
  ])('%s', async (_, args, lines, pattern) => {
    await expectRefused(args(), lines, pattern);
  });

  it('a missing file of requests', async () => {
    const output = join(temporaryFolder(), 'answers.jsonl');
    const requests = join(temporaryFolder(), 'none.jsonl');
    const { code, stderr } = await cli(
      'score',
      '--checkpoint',
      languageModel('llama'),
      '--requests',
      requests,
      '--output',
      output,
    );
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: expect.stringMatching(/none\.jsonl does not exist — give \{[^\n]+\n$/),
    });
    expect(existsSync(output)).toBe(false);
  });

  it('an output that cannot be written, before they open a model', async () => {
    const { requests } = requestsFile(good);
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'file'), 'kept');
    mkdirSync(join(folder, 'answers.jsonl'));
    for (const output of [join(folder, 'file', 'answers.jsonl'), join(folder, 'answers.jsonl')]) {
      const { code, stderr } = await cli(
        'score',
        '--checkpoint',
        'nowhere',
        '--requests',
        requests,
        '--output',
        output,
      );
      expect(code).toBe(2);
      expect(stderr).toMatch(/^shadow-gate: error: [^\n]*(not a file|not a directory|not a folder)[^\n]*\n$/);
    }
    expect(readdirSync(folder).sort()).toEqual(['answers.jsonl', 'file']);
    expect(readFileSync(join(folder, 'file'), 'utf8')).toBe('kept');
  });

  it('bad input, and keep what an earlier run has written', async () => {
    const { requests, output } = requestsFile('no JSON');
    writeFileSync(output, 'former\n');
    const { code } = await cli(
      'score',
      '--checkpoint',
      languageModel('llama'),
      '--requests',
      requests,
      '--output',
      output,
    );
    expect(code).toBe(2);
    expect(readFileSync(output, 'utf8')).toBe('former\n');
  });
});

describe('a request that cannot be answered', () => {
  const MIXED = [
    { id: 'a', context: 'The cat', continuation: ' sat' },
    { id: 'b', context_ids: [1], continuation_ids: [] },
    { id: 'c', context_ids: [1], continuation_ids: [384] },
    { id: 'd', rolling: 'Once' },
  ];
  const WARNING =
    /^shadow-gate: warning: not answered: .*requests\.jsonl:2: the continuation has no tokens to score — [^\n]+ \(and 1 more, each with its reason in the answers\)\n$/;

  async function partly(command: string, args: readonly string[], ...lines: readonly object[]) {
    const { requests, output } = requestsFile(...lines);
    const { code, stdout, stderr } = await cli(command, ...args, '--requests', requests, '--output', output);
    return { code, stdout, stderr, answers: readLines(output) };
  }

  it('costs one line of the answers of score, a warning and the exit code 3, and changes no other', async () => {
    const model = ['--checkpoint', talkingModel(), '--device', 'cpu'];
    const { code, stdout, stderr, answers: found } = await partly('score', model, ...MIXED);
    expect(code).toBe(3);
    expect(stdout).toMatch(/^scored 2 of 4 requests on cpu/);
    expect(stderr).toMatch(WARNING);
    expect(found.map((answer) => Object.keys(answer))).toEqual([
      ['id', 'logprob', 'token_logprobs', 'greedy'],
      ['id', 'error'],
      ['id', 'error'],
      ['id', 'logprob', 'token_logprobs', 'greedy'],
    ]);
    const [a, , , d] = MIXED as [object, object, object, object];
    expect([found[0], found[3]]).toEqual((await answers('score', model, a, d)).answers);
  });

  it('costs one line of the answers of generate', async () => {
    const model = ['--checkpoint', talkingModel(), '--device', 'cpu'];
    const bad = { id: 'chat', messages: [{ role: 'user', content: 'a' }] };
    const long = { id: 'long', prompt: 'a', max_new_tokens: 64 };
    const { code, stdout, answers: found } = await partly('generate', model, bad, ...PROMPTS, long);
    expect({ code, stdout }).toEqual({ code: 3, stdout: expect.stringMatching(/^continued 3 of 5 requests/) });
    expect(found[0]).toEqual({
      id: 'chat',
      error: 'the request has messages, but the checkpoint has no default chat template — give a prompt instead',
    });
    expect(found[4]).toEqual({ id: 'long', error: expect.stringMatching(/^max_new_tokens is 64, the model takes 64/) });
    expect(found.slice(1, 4)).toEqual((await answers('generate', model, ...PROMPTS)).answers);
  });

  it('costs one line also at a server, with a tokenizer and without', async () => {
    const model = talkingModel();
    const { server, stop } = await serveCheckpoint(model);
    server.habits.models = { data: [{ id: 'toy', max_model_len: 64 }] };
    const endpoint = ['--endpoint', `${server.url}/v1`, '--model', 'toy'];
    const [a, b, , d] = MIXED as [object, object, object, object];
    const byIds = await partly('score', [...endpoint, '--tokenizer', model], a, b, d);
    expect([byIds.code, byIds.answers.map((answer) => 'error' in answer)]).toEqual([3, [false, true, false]]);
    const byText = await partly('score', endpoint, a, b);
    expect([byText.code, byText.answers.map((answer) => 'error' in answer)]).toEqual([3, [false, true]]);
    const chat = { id: 'chat', messages: [{ role: 'user', content: 'a' }] };
    const texts = await partly('generate', endpoint, chat, { id: 'p', prompt: 'The cat', max_new_tokens: 5 });
    expect([texts.code, texts.answers.map((answer) => 'error' in answer)]).toEqual([3, [true, false]]);
    await stop();
  });
});

describe('score --rolling', () => {
  const rolling = 'Once upon a time';

  it('lm-eval also scores the BOS that the tokenizer adds, and every token after two', async () => {
    const model = talkingModel();
    const score = async (...args: string[]) =>
      (await answers('score', ['--checkpoint', model, '--device', 'cpu', ...args], { id: 1, rolling })).answers[0];
    const tokenizer = await openTokenizer(model);
    const tokens = tokenizer.encode(rolling, { addSpecialTokens: false });
    const idsAfter = async (...context: number[]) => {
      const line = { id: 1, context_ids: context, continuation_ids: tokens };
      return (await answers('score', ['--checkpoint', model, '--device', 'cpu'], line)).answers[0];
    };
    expect(await score()).toEqual(await score('--rolling', 'one-bos'));
    expectAlike([(await score()) ?? {}], [(await idsAfter(1)) ?? {}]);
    const harness = (await score('--rolling', 'lm-eval'))?.token_logprobs as number[];
    expect(harness).toHaveLength(tokens.length + 1);
    const behindTwo = (await idsAfter(1, 1))?.token_logprobs as number[];
    for (const [i, value] of behindTwo.entries()) expect(harness[i + 1]).toBeCloseTo(value, 5);
  });

  it('lm-eval needs a tokenizer', async () => {
    const { server, stop } = await serveCheckpoint(talkingModel());
    const { requests, output } = requestsFile({ id: 1, rolling });
    const endpoint = ['--endpoint', `${server.url}/v1`, '--model', 'toy', '--rolling', 'lm-eval'];
    const { code, stderr } = await cli('score', ...endpoint, '--requests', requests, '--output', output);
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringMatching(/:1: --rolling lm-eval .*--tokenizer/) });
    await stop();
  });
});

describe('the help', () => {
  it.each(['score', 'generate'])('of %s shows the keys of requests and answers', async (command) => {
    const { stdout } = await cli(command, '--help');
    expect(stdout).toMatch(/^Requests, .*:\n {2}\{"id", /m);
    expect(stdout).toMatch(/^Answers:\n {2}\{"id", /m);
  });
});
