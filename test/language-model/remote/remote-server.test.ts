import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openRemoteEngine, type RemoteEngineOptions } from '../../../src/language-model/remote/remote-engine.ts';
import { isTransient, retryDelay, sleep } from '../../../src/language-model/remote/remote-retry.ts';
import { UserError } from '../../../src/platform/user-error.ts';
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
const score = async (options: Partial<RemoteEngineOptions> = {}) => (await open(options)).score([sequence]);
const answer = [{ tokenLogprobs: [Math.log(1 / 2)], greedy: true }];

async function complaint(options: Partial<RemoteEngineOptions> = {}): Promise<string> {
  const error = await score(options).then(
    () => null,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(UserError);
  return (error as UserError).message;
}

describe('trouble that passes', () => {
  it('500 twice, then an answer that counts once', async () => {
    server.faults.push({ status: 500 }, { status: 500 });
    expect(await score()).toEqual(answer);
    expect(waits).toEqual([1000, 2000]);
    expect(server.requests).toHaveLength(3);
  });

  it.each(['reset', 'reset in the body'] as const)('the connection breaks (%s)', async (fault) => {
    server.faults.push(fault);
    expect(await score()).toEqual(answer);
    expect(server.requests).toHaveLength(2);
  });

  it('no answer in time', async () => {
    server.faults.push('silence');
    expect(await score({ timeout: 100 })).toEqual(answer);
  });

  it.each([
    ['7', 7000],
    ['0.25', 1000],
    ['Wed, 21 Oct 2026 07:28:30 GMT', 30_000],
    ['Wed, 21 Oct 2026 07:27:00 GMT', 1000],
    ['soon', 1000],
  ])('429 with Retry-After: %s', async (header, wait) => {
    server.faults.push({ status: 429, headers: { 'retry-after': header } });
    expect(await score()).toEqual(answer);
    expect(waits).toEqual([wait]);
  });

  it('in many requests, each is answered once and in its place', async () => {
    server.faults.push({ status: 503 }, 'reset', { status: 429 }, { status: 502 });
    const remote = await open({ concurrency: 4 });
    const many = Array.from({ length: 12 }, (_, i) => ({ context: [i % 9], continuation: [(i * 5) % 9] }));
    expect(await remote.score(many)).toEqual(await new BigramEngine().score(many));
    expect(server.requests).toHaveLength(16);
  });
});

describe('trouble that stays', () => {
  it('five tries, then its words', async () => {
    for (let i = 0; i < 9; i++) server.faults.push({ status: 503, body: { error: { message: 'Loading model' } } });
    expect(await complaint()).toMatch(/\/v1 has trouble \(503\): Loading model, 5 times — see that it runs/);
    expect(waits).toEqual([1000, 2000, 4000, 8000]);
    expect(server.requests).toHaveLength(5);
  });

  it('a server that asks for an hour is not waited for', async () => {
    server.faults.push({ status: 429, headers: { 'retry-after': '3600' } });
    expect(await complaint()).toMatch(/\(429\).*asks to wait 3600 s, once/);
    expect(waits).toEqual([]);
  });

  it('nobody there', async () => {
    const gone = await new CompletionsServer(new BigramEngine(), bigramTokenizer).start();
    const endpoint = gone.url;
    await gone.stop();
    expect(await complaint({ endpoint })).toMatch(/cannot be reached \(ECONNREFUSED\), 5 times/);
  });

  it('one that fails stops the others', async () => {
    server.faults.push({ status: 400, body: { error: { message: 'no' } } });
    const remote = await open({ concurrency: 1 });
    await expect(remote.score([sequence, sequence, sequence])).rejects.toThrow(/\(400\): no/);
    expect(server.requests).toHaveLength(1);
  });

  it('one that fails breaks off those under way', async () => {
    server.gathers = 2;
    server.faults.push({ status: 400 }, 'silence');
    await expect((await open()).score([sequence, sequence])).rejects.toThrow(/\(400\)/);
  });
});

describe('refusals', () => {
  it.each([
    ['OpenAI', { error: { message: 'too long' } }],
    ['vLLM of old', { object: 'error', message: 'too long' }],
    ['text-generation-inference', { error: 'too long', error_type: 'validation' }],
    ['FastAPI', { detail: 'too long' }],
    ['FastAPI, by field', { detail: [{ loc: ['body'], msg: 'too long' }] }],
    ['plain text', 'too long'],
  ])('are final and in the words of the server: %s', async (_, body) => {
    server.faults.push({ status: 422, body });
    expect(await complaint()).toMatch(/refuses \(422\): too long — /);
    expect(server.requests).toHaveLength(1);
  });

  it('a model that is not there', async () => {
    expect(await complaint({ model: 'other' })).toMatch(/`other` does not exist.*check the name of the model/);
  });

  it('words of others stay in one line, short and without control characters', async () => {
    server.faults.push({ status: 400, body: `\u001b[31mBad\r\n::error::\u202e ${'x'.repeat(5000)}` });
    const message = await complaint();
    expect(message).toMatch(/^[^\p{Cc}\p{Cf}]{100,600}$/u);
    expect(message).toContain('[31mBad ::error:: xxx');
  });

  it.each([
    ['web page', /does not answer in JSON: <html> <h1>Welcome/],
    ['another shape', /is no completion \(choices: /],
  ] as const)('an answer that is none: %s', async (fault, message) => {
    server.faults.push(fault);
    expect(await complaint()).toMatch(message);
    expect(server.requests).toHaveLength(1);
  });

  it('an answer without end is not read to the end', async () => {
    const endless = new ReadableStream({ pull: (controller) => controller.enqueue(new Uint8Array(2 ** 24)) });
    expect(await complaint({ fetch: async () => new Response(endless) })).toMatch(/more than 128 MiB/);
  });
});

describe('the key', () => {
  it('goes along, and is not in what the server says of it', async () => {
    server.habits.key = 'sk-right';
    expect(await score({ apiKey: ' sk-right\n' })).toEqual(answer);
    const message = await complaint({ apiKey: 'sk-wrong' });
    expect(message).toMatch(/refuses \(401\): Incorrect API key provided: \*\*\* — check the key/);
    expect(server.authorizations).toEqual(['Bearer sk-right', 'Bearer sk-wrong']);
  });

  it('without one there is no header', async () => {
    await score({ apiKey: '' });
    expect(server.authorizations).toEqual([undefined]);
  });

  it('one that no header can carry is not repeated', async () => {
    const message = await complaint({ apiKey: 'sk-a\nsk-b' });
    expect(message).toContain('no HTTP header can carry');
    expect(message).not.toContain('sk-');
  });

  it('does not follow to another place', async () => {
    const other = await new CompletionsServer(new BigramEngine(), bigramTokenizer).start();
    server.faults.push({ status: 307, headers: { location: `${other.url}/v1/completions` } });
    expect(await complaint({ apiKey: 'sk' })).toMatch(/refuses \(307\): it redirects to http.*if you trust it/);
    expect(other.requests).toEqual([]);
    await other.stop();
  });
});

describe('the endpoint', () => {
  it.each(['', '/', '/v1', '/v1/', '/v1/completions', '/v1/completions/', '/v1/chat/completions'])(
    'may be given as %j',
    async (path) => {
      expect(await score({ endpoint: server.url + path })).toEqual(answer);
      expect(server.requests).toEqual(['POST /v1/completions']);
    },
  );

  it('keeps its query, which messages do not show', async () => {
    server.faults.push({ status: 400 });
    expect(await complaint({ endpoint: `${server.url}/v1?api-version=1` })).not.toContain('api-version');
    expect(server.requests).toEqual(['POST /v1/completions?api-version=1']);
  });

  it.each(['localhost:8000', 'file:///etc/passwd', 'nonsense', ''])('is not %j', async (endpoint) => {
    expect(await complaint({ endpoint })).toMatch(/is no http address — give one like/);
  });

  it('holds no password', async () => {
    const message = await complaint({ endpoint: 'http://me:secret@localhost:1/' });
    expect(message).toContain('localhost:1 holds a user or password');
    expect(message).not.toContain('secret');
  });
});

describe('when to try again', () => {
  it('the wait doubles, and is shorter by up to half at random', () => {
    expect([1, 2, 3].map((tries) => retryDelay(tries, null, 0, NOW))).toEqual([1000, 2000, 4000]);
    expect(retryDelay(3, null, 0.5, NOW)).toBe(3000);
  });

  it('what is not supported does not pass, whatever the status', () => {
    expect(isTransient(500, 'CUDA error')).toBe(true);
    expect(isTransient(500, 'logprobs is not supported for models created with logits_all=False')).toBe(false);
    expect(isTransient(400, 'CUDA error')).toBe(false);
  });

  it('a wait ends with the signal', async () => {
    const controller = new AbortController();
    const waiting = sleep(60_000, controller.signal);
    controller.abort(new Error('enough'));
    await expect(waiting).rejects.toThrow('enough');
    await expect(sleep(0, controller.signal)).rejects.toThrow('enough');
    await expect(sleep(0, new AbortController().signal)).resolves.toBeUndefined();
  });
});
