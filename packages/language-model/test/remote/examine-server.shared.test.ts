import type { Sequence, SequenceScore } from '@shadow-gate/language-model/engine';
import { UserError } from '@shadow-gate/platform';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openRemoteEngine, type RemoteEngineOptions } from '../../src/remote/remote-engine.ts';
import { BigramEngine, bigramTokenizer, ids } from './bigram-engine.ts';
import { CompletionsServer } from './completions-server.ts';

let server: CompletionsServer;

beforeEach(async () => {
  server = await new CompletionsServer(new BigramEngine(), bigramTokenizer).start();
  server.habits.models = { data: [{ id: 'toy', root: '/models/toy', max_model_len: 1024 }] };
  server.habits.version = '0.32.0';
});
afterEach(() => server.stop());

const choices = [' cat', ' dog', '.'].map((piece) => ({
  context: ids('<s>', 'The'),
  continuation: ids(piece as ' cat'),
}));

async function run(options: Partial<RemoteEngineOptions> = {}): Promise<SequenceScore[]> {
  const remote = await openRemoteEngine({
    endpoint: server.url,
    model: 'toy',
    isExamined: true,
    fixedPrompts: ['The cat sat. The dog sat.', 'The cats. The cat😀.', 'The dog sat😀. The cat.'],
    wait: async () => {},
    ...options,
  });
  const scores = await remote.score(choices);
  await remote.finish();
  return scores;
}

async function problemOf(options: Partial<RemoteEngineOptions> = {}): Promise<string> {
  const error = await run(options).then(
    () => null,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(UserError);
  expect((error as UserError).code).toBe('untrusted-server');
  return (error as UserError).message;
}

/** Changes answers of the server to some requests on their way. */
type Body = {
  choices: { logprobs: { tokens: string[]; token_logprobs: (number | null)[]; top_logprobs: unknown[] } }[];
};
const changing =
  (change: (body: Body, request: { prompt: unknown; echo?: boolean }, count: number) => void): typeof fetch =>
  async (...args) => {
    const response = await fetch(...args);
    if (!String(args[0]).endsWith('/completions')) return response;
    const body = (await response.json()) as Body;
    change(body, JSON.parse(String(args[1]?.body)), server.bodies.length);
    return Response.json(body, { status: response.status });
  };

it('an honest server passes, and its questions are counted without the fixed prompts', async () => {
  expect(await run()).toEqual(await new BigramEngine().score(choices));
  // Cold, again, twice in a batch and with other text; next token and echo of the question; and at the end.
  expect(server.bodies).toHaveLength(3 + 3 + 6 + 3 + 2 + 3);
});

it('an honest server passes if it rounds otherwise in a batch', async () => {
  const noisy = changing(({ choices }, _, count) => {
    for (const { logprobs } of choices) {
      logprobs.token_logprobs = logprobs.token_logprobs.map((value) =>
        value === null ? null : value - 0.03 * (count % 2),
      );
    }
  });
  expect(await run({ fetch: noisy })).toHaveLength(3);
});

describe('a run is refused, with the cause, for a server', () => {
  it('that gives a prompt other numbers when its prefix is cached', async () => {
    const seen = new Set<unknown>();
    const stale = changing(({ choices }, { prompt }) => {
      if (seen.has(prompt)) for (const { logprobs } of choices) logprobs.token_logprobs[3] = -7;
      seen.add(prompt);
    });
    expect(await problemOf({ fetch: stale })).toMatch(
      /gives a fixed prompt other log-probabilities when it is asked again \(by \d\.\d\d a token on average, and up to \d\.\d\d\) — look for a known problem of its prefix cache/,
    );
  });

  it('that mixes up a batch', async () => {
    const mixing = changing(({ choices }, _, count) => {
      if (count > 6) for (const { logprobs } of choices) logprobs.token_logprobs.reverse();
    });
    expect(await problemOf({ fetch: mixing })).toMatch(/other log-probabilities when it is asked with others/);
  });

  it('whose cache returns another text if a prompt goes on', async () => {
    const stale = changing(({ choices }, { prompt }) => {
      if (String(prompt).length < 30) return;
      for (const { logprobs } of choices) logprobs.token_logprobs[4] = -9;
    });
    expect(await problemOf({ fetch: stale })).toMatch(/other log-probabilities when other text follows it/);
  });

  it('that cuts long prompts', async () => {
    const cutting = changing(({ choices }, { prompt }) => {
      if (String(prompt).length < 30) return;
      for (const { logprobs } of choices) {
        for (const list of [logprobs.tokens, logprobs.token_logprobs, logprobs.top_logprobs]) list.splice(0, 5);
      }
    });
    expect(await problemOf({ fetch: cutting })).toMatch(
      /cuts prompts: it read \d+ tokens of two fixed prompts that have \d+/,
    );
  });

  it('that gives the distribution it samples from', async () => {
    const sampling = changing(({ choices }, { echo }) => {
      if (echo) return;
      for (const { logprobs } of choices) {
        logprobs.top_logprobs = (logprobs.top_logprobs as Record<string, number>[]).map((top) =>
          Object.fromEntries(Object.entries(top).map(([token, value]) => [token, value / 0.7])),
        );
      }
    });
    expect(await problemOf({ fetch: sampling })).toMatch(
      /distribution that it samples from.*--logprobs-mode raw_logprobs/,
    );
  });

  it('whose prompts are shifted by one token', async () => {
    const shifting = changing(({ choices }, { echo }) => {
      if (!echo) return;
      for (const { logprobs } of choices) {
        logprobs.token_logprobs = [null, -3, ...logprobs.token_logprobs.slice(1, -1)];
        logprobs.top_logprobs = [null, {}, ...logprobs.top_logprobs.slice(1, -1)];
      }
    });
    expect(await problemOf({ fetch: shifting })).toMatch(/of a prompt are shifted by one token/);
  });

  it('that truncates probabilities', async () => {
    const truncating = changing(({ choices }, { echo }) => {
      if (echo) for (const { logprobs } of choices) logprobs.token_logprobs[2] = -9999;
    });
    expect(await problemOf({ fetch: truncating })).toMatch(/truncates log-probabilities: it returned -9999/);
  });

  it.each<[string, () => void, RegExp]>([
    ['other weights', () => server.swap(new OtherEngine()), /no longer answers as it did at the beginning/],
    [
      'another version',
      () => Object.assign(server.habits, { version: '0.33.0' }),
      /its version was "0.32.0", and is "0.33.0"/,
    ],
    [
      'another root',
      () => Object.assign(server.habits, { models: { data: [{ id: 'toy', root: '/b', max_model_len: 1024 }] } }),
      /its root of the model was "\/models\/toy", and is "\/b"/,
    ],
  ])('that has %s at the end', async (_, change, message) => {
    const swapping = changing((_body, _request, count) => {
      if (count === 17) change();
    });
    expect(await problemOf({ fetch: swapping })).toMatch(message);
  });
});

class OtherEngine extends BigramEngine {
  override async score(sequences: readonly Sequence[]): Promise<SequenceScore[]> {
    const scores = await super.score(sequences);
    return scores.map((score) => ({ ...score, tokenLogprobs: score.tokenLogprobs.map((value) => value - 1.6) }));
  }
}
