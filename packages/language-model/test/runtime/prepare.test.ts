import type { Sequence } from '@shadow-gate/language-model/engine';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { languageModel } from '../../../../test/language-models.ts';
import { generator, randomTokens } from '../../../platform/test/random.ts';
import { BackboneSession } from '../../src/runtime/backbone-session.ts';
import { withEngine } from './engines.ts';

afterEach(() => {
  vi.restoreAllMocks();
});

describe('prepare', () => {
  const random = generator(5);
  const prefix = randomTokens(random, 210, 64);
  const continuation = [1, 2];
  const plain: Sequence[] = Array.from({ length: 40 }, (_, i) => ({
    context: randomTokens(random, 5 + i, 64),
    continuation,
  }));
  const similar: Sequence[] = Array.from({ length: 60 }, () => ({
    context: [...prefix, ...randomTokens(random, 6, 64)],
    continuation,
  }));

  it('makes scores independent of the calls before them', async () => {
    const opened = vi.spyOn(BackboneSession, 'open');
    await withEngine(languageModel('llama'), { config: { max_position_embeddings: 250 } }, async (engine) => {
      await engine.prepare({ score: [plain, similar], generate: false });
      const first = await engine.score(plain);
      await engine.score(similar);
      expect(await engine.score(plain)).toEqual(first);
    });
    // Without it the second call would open another graph, and the third would use that too.
    expect(opened.mock.calls.map((call) => call[3])).toEqual([{ useKvCache: true }]);
  });
});
