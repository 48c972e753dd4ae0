import { UserError } from '@shadow-gate/platform';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openRemoteEngine, type RemoteEngineOptions } from '../../src/remote/remote-engine.ts';
import { isTransient, retryDelay, sleep } from '../../src/remote/remote-retry.ts';
import { BigramEngine, bigramTokenizer, ids } from './bigram-engine.ts';
import { CompletionsServer } from './completions-server.ts';

const NOW = Date.parse('Wed, 21 Oct 2026 07:28:00 GMT');
let server: CompletionsServer;
let waits: number[];

beforeEach(async () => {
  server = await new CompletionsServer(new BigramEngine(), bigramTokenizer).start();
  waits = [];
});
afterEach(() => server.stop());

const open = (options: Partial<RemoteEngineOptions> = {}) =>
  openRemoteEngine({
    endpoint: server.url,
    model: 'toy',
    maxLength: 50,
    wait: async (milliseconds) => {
      waits.push(milliseconds);
    },
    now: () => NOW,
    random: () => 0,
    ...options,
  });

const sequence = { context: ids('The'), continuation: ids(' cat') };
const different = [sequence, { ...sequence, context: ids('.') }, { ...sequence, context: ids(' ') }];
const score = async (options: Partial<RemoteEngineOptions> = {}) => (await open(options)).score([sequence]);
const answer = [{ tokenLogprobs: [Math.log(1 / 2)], greedy: true }];

async function errorMessage(options: Partial<RemoteEngineOptions> = {}): Promise<string> {
  const error = await score(options).then(
    () => null,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(UserError);
  return (error as UserError).message;
}

describe('a temporary failure', () => {
  it('is retried after status 500, twice, and the answer counts once', async () => {
    server.faults.push({ status: 500 }, { status: 500 });
    expect(await score()).toEqual(answer);
    expect(waits).toEqual([1000, 2000]);
    expect(server.posts).toHaveLength(3);
  });

  it.each(['reset', 'reset in the body'] as const)('is retried after a broken connection (%s)', async (fault) => {
    server.faults.push(fault);
    expect(await score()).toEqual(answer);
    expect(server.posts).toHaveLength(2);
  });

  it('is retried after a timeout', async () => {
    server.faults.push('silence');
    expect(await score({ timeout: 100 })).toEqual(answer);
  });

  it.each([
    ['7', 7000],
    ['0.25', 1000],
    ['Wed, 21 Oct 2026 07:28:30 GMT', 30_000],
    ['Wed, 21 Oct 2026 07:27:00 GMT', 1000],
    ['soon', 1000],
  ])('is retried after 429 with Retry-After: %s', async (header, wait) => {
    server.faults.push({ status: 429, headers: { 'retry-after': header } });
    expect(await score()).toEqual(answer);
    expect(waits).toEqual([wait]);
  });

  it('does not change the order of many requests', async () => {
    server.faults.push({ status: 503 }, 'reset', { status: 429 }, { status: 502 });
    const remote = await open({ concurrency: 4 });
    const many = Array.from({ length: 12 }, (_, i) => ({ context: [1, i % 9, i % 2], continuation: [(i * 5) % 9] }));
    expect(await remote.score(many)).toEqual(await new BigramEngine().score(many));
    expect(server.posts).toHaveLength(16);
  });
});

describe('a permanent failure', () => {
  it('is reported after five attempts, with the message of the server', async () => {
    for (let i = 0; i < 9; i++) server.faults.push({ status: 503, body: { error: { message: 'Loading model' } } });
    expect(await errorMessage()).toMatch(/\/v1 fails \(503\): Loading model \(5 attempts\) — check that it runs/);
    expect(waits).toEqual([1000, 2000, 4000, 8000]);
    expect(server.posts).toHaveLength(5);
  });

  it('is reported at once if the server requests to wait for an hour', async () => {
    server.faults.push({ status: 429, headers: { 'retry-after': '3600' } });
    expect(await errorMessage()).toMatch(/\(429\).*with Retry-After of 3600 s \(1 attempt\)/);
    expect(waits).toEqual([]);
  });

  it('is reported if there is no server', async () => {
    const gone = await new CompletionsServer(new BigramEngine(), bigramTokenizer).start();
    const endpoint = gone.url;
    await gone.stop();
    expect(await errorMessage({ endpoint })).toMatch(/cannot be reached \(ECONNREFUSED\) \(5 attempts\)/);
    await expect(score({ endpoint })).rejects.toMatchObject({ code: 'server' });
  });

  it('stops requests that have not started', async () => {
    server.faults.push({ status: 400, body: { error: { message: 'no' } } });
    const remote = await open({ concurrency: 1 });
    await expect(remote.score(different)).rejects.toThrow(/\(400\): no/);
    expect(server.posts).toHaveLength(1);
  });

  it('aborts requests that are running', async () => {
    server.gathers = 2;
    server.faults.push({ status: 400 }, 'silence');
    await expect((await open()).score(different.slice(0, 2))).rejects.toThrow(/\(400\)/);
  });
});

describe('a refusal', () => {
  it.each([
    ['OpenAI', { error: { message: 'too long' } }],
    ['vLLM of old', { object: 'error', message: 'too long' }],
    ['text-generation-inference', { error: 'too long', error_type: 'validation' }],
    ['FastAPI', { detail: 'too long' }],
    ['FastAPI, by field', { detail: [{ loc: ['body'], msg: 'too long' }] }],
    ['plain text', 'too long'],
  ])('is not retried, and has the message of the server: %s', async (_, body) => {
    server.faults.push({ status: 422, body });
    expect(await errorMessage()).toMatch(/refuses the request \(422\): too long — /);
    expect(server.posts).toHaveLength(1);
  });

  it('of an unknown model suggests to check its name', async () => {
    expect(await errorMessage({ model: 'other' })).toMatch(/`other` does not exist.*check the name of the model/);
  });

  it('is one short line without control characters, whatever the server sends', async () => {
    server.faults.push({ status: 400, body: `\u001b[31mBad\r\n::error::\u202e ${'x'.repeat(5000)}` });
    const message = await errorMessage();
    expect(message).toMatch(/^[^\p{Cc}\p{Cf}]{100,600}$/u);
    expect(message).toContain('[31mBad ::error:: xxx');
  });

  it.each([
    ['web page', /is not JSON: <html> <h1>Welcome/],
    ['another shape', /is not a completion \(choices: /],
  ] as const)('is the error for a response of another kind: %s', async (fault, message) => {
    server.faults.push(fault);
    expect(await errorMessage()).toMatch(message);
    expect(server.posts).toHaveLength(1);
  });

  it('is the error for an endless response, which is not read to the end', async () => {
    const endless = new ReadableStream({ pull: (controller) => controller.enqueue(new Uint8Array(2 ** 24)) });
    expect(await errorMessage({ fetch: async () => new Response(endless) })).toMatch(/larger than 128 MiB/);
  });
});

describe('the key', () => {
  it('is sent to the server, and masked in its messages', async () => {
    server.habits.key = 'sk-right';
    expect(await score({ apiKey: ' sk-right\n' })).toEqual(answer);
    const message = await errorMessage({ apiKey: 'sk-wrong' });
    expect(message).toMatch(/refuses the request \(401\): Incorrect API key provided: \*\*\* — check the key/);
    expect(new Set(server.authorizations)).toEqual(new Set(['Bearer sk-right', 'Bearer sk-wrong']));
  });

  it('is optional', async () => {
    await score({ apiKey: '' });
    expect(new Set(server.authorizations)).toEqual(new Set([undefined]));
  });

  it('is not in the message about a key that a header cannot contain', async () => {
    const message = await errorMessage({ apiKey: 'sk-a\nsk-b' });
    expect(message).toContain('not allowed in an HTTP header');
    expect(message).not.toContain('sk-');
  });

  it('is not sent to the target of a redirect', async () => {
    const other = await new CompletionsServer(new BigramEngine(), bigramTokenizer).start();
    server.faults.push({ status: 307, headers: { location: `${other.url}/v1/completions` } });
    expect(await errorMessage({ apiKey: 'sk' })).toMatch(
      /refuses the request \(307\): it redirects to http.*if you trust it/,
    );
    expect(other.requests).toEqual([]);
    await other.stop();
  });
});

describe('the endpoint', () => {
  it.each(['', '/', '/v1', '/v1/', '/v1/completions', '/v1/completions/', '/v1/chat/completions'])(
    'can be written as %j',
    async (path) => {
      expect(await score({ endpoint: server.url + path })).toEqual(answer);
      expect(server.posts).toEqual(['POST /v1/completions']);
    },
  );

  it('keeps its query, which is not part of messages', async () => {
    server.faults.push({ status: 400 });
    expect(await errorMessage({ endpoint: `${server.url}/v1?api-version=1` })).not.toContain('api-version');
    expect(server.posts).toEqual(['POST /v1/completions?api-version=1']);
  });

  it.each(['localhost:8000', 'file:///etc/passwd', 'nonsense', ''])('cannot be %j', async (endpoint) => {
    expect(await errorMessage({ endpoint })).toMatch(/is not an http address — give an address like/);
  });

  it('cannot contain a password', async () => {
    const message = await errorMessage({ endpoint: 'http://me:secret@localhost:1/' });
    expect(message).toContain('localhost:1 contains a user or password');
    expect(message).not.toContain('secret');
  });
});

describe('a retry', () => {
  it('comes after twice the last wait, less a random part of up to half', () => {
    expect([1, 2, 3].map((attempts) => retryDelay(attempts, null, 0, NOW))).toEqual([1000, 2000, 4000]);
    expect(retryDelay(3, null, 0.5, NOW)).toBe(3000);
  });

  it('is useless for a feature that is not supported, whatever the status', () => {
    expect(isTransient(500, 'CUDA error')).toBe(true);
    expect(isTransient(500, 'logprobs is not supported for models created with logits_all=False')).toBe(false);
    expect(isTransient(400, 'CUDA error')).toBe(false);
  });

  it('is not awaited after an abort', async () => {
    const controller = new AbortController();
    const waiting = sleep(60_000, controller.signal);
    controller.abort(new Error('enough'));
    await expect(waiting).rejects.toThrow('enough');
    await expect(sleep(0, controller.signal)).rejects.toThrow('enough');
    await expect(sleep(0, new AbortController().signal)).resolves.toBeUndefined();
  });
});
