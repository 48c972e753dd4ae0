import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Sequence } from '../../../src/language-model/engine.ts';
import { TrunkRunner } from '../../../src/language-model/runtime/backbone-session.ts';
import { generator, randomTokens } from '../random.ts';
import { languageModel, withEngine } from './engines.ts';

afterEach(() => {
  vi.restoreAllMocks();
});

describe('what is asked before', () => {
  const random = generator(5);
  const prefix = randomTokens(random, 210, 64);
  const continuation = [1, 2];
  const plain: Sequence[] = Array.from({ length: 40 }, (_, i) => ({
    context: randomTokens(random, 5 + i, 64),
    continuation,
  }));
  const alike: Sequence[] = Array.from({ length: 40 }, () => ({
    context: [...prefix, ...randomTokens(random, 6, 64)],
    continuation,
  }));

  it('does not change how an answer is computed, once the engine knows what will be asked', async () => {
    const opened = vi.spyOn(TrunkRunner, 'open');
    await withEngine(languageModel('llama'), { config: { max_position_embeddings: 250 } }, async (engine) => {
      await engine.prepare({ score: [plain, alike], generate: false });
      const first = await engine.score(plain);
      await engine.score(alike);
      expect(await engine.score(plain)).toEqual(first);
    });
    // Another graph for the second call would also be another one for all calls after it.
    expect(opened.mock.calls.map((call) => call[3])).toEqual([true]);
  });
});
