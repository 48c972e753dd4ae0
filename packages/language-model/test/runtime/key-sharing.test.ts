import { openReference } from '@shadow-gate/checkpoints';
import { describeDecoder } from '@shadow-gate/language-model';
import { describe, expect, it, vi } from 'vitest';
import { languageModel } from '../../../../test/language-models.ts';
import { generator, randomTokens } from '../../../platform/test/random.ts';
import type { AttentionKind } from '../../src/graph/attention.ts';
import { deviceNeeds } from '../../src/runtime/device-memory.ts';
import { emptyKvCache } from '../../src/runtime/kv-cache.ts';
import { NO_STOPS, withEngine } from './engines.ts';
import { casesOf, expectCases } from './expect-logits.ts';
import { alone, expectScores } from './sequence-scores.ts';

const chosen = vi.hoisted(() => ({ kind: 'split' as AttentionKind }));
vi.mock('../../src/runtime/attention-kind.ts', () => ({
  chooseAttentionKind: async () => chosen.kind,
}));

const word = (seed: number, length: number) => randomTokens(generator(seed), length, 60);

/** Heads of 8 and 16 dimensions, which every kind takes. */
const NAME = 'gemma4-unified';

describe.each(['split', 'concat', 'fused'] as const)('layers that share keys and values, with %s attention', (kind) => {
  it('give the logits of transformers', async () => {
    chosen.kind = kind;
    await withEngine(languageModel(NAME), {}, (engine) => expectCases(engine, casesOf(NAME)));
  });

  it('see the keys and values of a prefix, and of the tokens that were generated', async () => {
    chosen.kind = kind;
    const prefix = word(1, 36);
    const sequences = [1, 2, 3].flatMap((i) =>
      [0, 1].map((j) => ({ context: [...prefix, ...word(10 + i, 3 * i)], continuation: word(20 + 2 * i + j, 1 + j) })),
    );
    await withEngine(languageModel(NAME), {}, async (engine) => {
      const expected = [];
      for (const sequence of sequences) expected.push(await alone(engine, sequence));
      expectScores(await engine.score(sequences), expected, 'after a prefix');
      const [made] = await engine.generate([{ tokens: word(30, 7), maxNewTokens: 20, stopTokens: NO_STOPS }]);
      const generated = { context: word(30, 7), continuation: made?.tokens ?? [] };
      expect((await alone(engine, generated)).greedy).toBe(true);
    });
  });
});

it('layers that share keys and values keep none, whatever the size of their heads', async () => {
  // Layers 3 and 4 take those of layer 1: one head of 16 dimensions. The others have two of 8.
  const decoder = describeDecoder(await openReference(languageModel(NAME)));
  const { layers } = emptyKvCache(decoder, 2, 7);
  expect(layers.map(({ key }) => key?.dims ?? null)).toEqual([[2, 2, 7, 8], [2, 1, 7, 16], [2, 2, 7, 8], null, null]);
  // Keys and values, of which a step takes one copy and returns another.
  const floats = 2 * (2 * 8 + 16 + 2 * 8);
  expect(deviceNeeds(decoder, [], 0).cache).toBe(2 * floats * 4 * 64);
});
