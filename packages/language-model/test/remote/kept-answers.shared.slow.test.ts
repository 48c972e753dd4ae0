import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Sequence, SequenceScore } from '@shadow-gate/language-model/engine';
import { directoryStore } from '@shadow-gate/platform/key-value-store';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../../../test/fixtures.ts';
import { isSame } from '../../src/remote/fingerprint.ts';
import { openRemoteEngine, type RemoteEngineOptions } from '../../src/remote/remote-engine.ts';
import { BigramEngine, bigramTokenizer, ids } from './bigram-engine.ts';
import { CompletionsServer } from './completions-server.ts';

/** Another model: everything is a fifth as likely. */
class OtherEngine extends BigramEngine {
  override async score(sequences: readonly Sequence[]): Promise<SequenceScore[]> {
    const scores = await super.score(sequences);
    return scores.map((score) => ({ ...score, tokenLogprobs: score.tokenLogprobs.map((value) => value - 1.6) }));
  }
}

const local = new BigramEngine();
const FIXED = ['The cat sat.', 'The dog sat.'];
let server: CompletionsServer;
let folder: string;

beforeEach(async () => {
  server = await new CompletionsServer(local, bigramTokenizer).start();
  folder = temporaryFolder();
});
afterEach(() => server.stop());

const open = (options: Partial<RemoteEngineOptions> = {}) =>
  openRemoteEngine({
    endpoint: server.url,
    model: 'toy',
    wait: async () => {},
    answers: directoryStore(folder),
    fixedPrompts: FIXED,
    ...options,
  });

/** The requests of a run that are not about fixed prompts. */
const asked = () => server.bodies.filter(({ prompt }) => typeof prompt !== 'string').length;

const questions = Array.from({ length: 80 }, (_, i) => ({
  context: [Math.floor(i / 9), i % 9],
  continuation: [i % 7],
}));

async function run(options: Partial<RemoteEngineOptions> = {}) {
  server.bodies.length = 0;
  const remote = await open(options);
  try {
    const scores = await remote.score(questions);
    const texts = await remote.generate([{ tokens: ids('The'), maxNewTokens: 4, stopTokens: new Set() }]);
    await remote.finish();
    return { scores, texts };
  } finally {
    await remote.close();
  }
}

const expected = async () => ({
  scores: await local.score(questions),
  texts: await local.generate([{ tokens: ids('The'), maxNewTokens: 4, stopTokens: new Set() }]),
});

describe('a second run', () => {
  it('asks nothing but the fixed prompts, and has the same answers', async () => {
    const first = await run();
    expect(first).toEqual(await expected());
    expect(asked()).toBe(81);
    expect(await run()).toEqual(first);
    expect(asked()).toBe(0);
    expect(server.bodies).toHaveLength(FIXED.length);
  });

  it('asks only what is missing after one that broke off', async () => {
    let count = 0;
    // The connection breaks for good after sixty answers.
    const breaking: typeof fetch = async (...args) => {
      if (++count > 60) throw new Error('broken');
      return fetch(...args);
    };
    await expect(run({ fetch: breaking, concurrency: 4 })).rejects.toThrow(/cannot be reached/);
    expect(await run()).toEqual(await expected());
    expect(asked()).toBeLessThanOrEqual(81 - 32);
    expect(asked()).toBeGreaterThan(0);
  });

  it.each<[string, () => void]>([
    ['has another model under the same name', () => server.swap(new OtherEngine())],
    [
      'says that its weights are from elsewhere',
      () => Object.assign(server.habits, { models: { data: [{ id: 'toy', root: '/b' }] } }),
    ],
    ['is of another version', () => Object.assign(server.habits, { version: '0.33.0' })],
  ])('asks everything of a server that %s', async (_, change) => {
    await run();
    change();
    await run();
    expect(asked()).toBe(81);
  });

  it('asks again what was kept and then edited', async () => {
    await run();
    const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    expect(files).toHaveLength(81);
    const path = join(files[0]?.parentPath ?? '', files[0]?.name ?? '');
    writeFileSync(path, readFileSync(path, 'utf8').replace('"answer":', '"answer": '));
    expect(await run()).toEqual(await expected());
    expect(asked()).toBe(1);
  });
});

describe('a server that changes its model in the middle', () => {
  const swapping = (after: number): typeof fetch => {
    let count = 0;
    return async (...args) => {
      if (++count === after) server.swap(new OtherEngine());
      return fetch(...args);
    };
  };

  it.each([20, 50, 82])('after %i requests is an error, and none of the answers since then is kept', async (after) => {
    await expect(run({ fetch: swapping(after), concurrency: 1 })).rejects.toThrow(
      /no longer answers as it did at the beginning: its model or its settings changed — run again/,
    );
    server.swap(local);
    expect(await run()).toEqual(await expected());
  });
});

describe('the same answers', () => {
  it('differ by the rounding of a batch at most', () => {
    const values = [-0.1, -2, -5, -9];
    expect(
      isSame(
        values,
        values.map((value) => value - 0.01),
      ),
    ).toBe(true);
    expect(isSame(values, [-0.1, -2.15, -5, -9])).toBe(true);
    // Shifted by one, of another prompt, or of a model that was trained on.
    expect(isSame(values, [-2, -5, -9, -0.1])).toBe(false);
    expect(isSame(values, values.slice(1))).toBe(false);
    expect(
      isSame(
        values,
        values.map((value) => value * 0.9),
      ),
    ).toBe(false);
    const long = Array.from({ length: 32 }, (_, i) => -i / 4);
    // bfloat16 has steps of 0.125 where a few of many logits are rounded otherwise.
    expect(
      isSame(
        long,
        long.map((value, i) => (i % 4 === 0 ? value - 0.125 : value)),
      ),
    ).toBe(true);
    expect(
      isSame(
        long,
        long.map((value) => value - 0.1),
      ),
    ).toBe(false);
    expect(isSame([], [])).toBe(false);
  });
});
