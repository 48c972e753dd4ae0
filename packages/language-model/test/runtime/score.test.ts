import type { SequenceScore } from '@shadow-gate/language-model/engine';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { languageModel } from '../../../../test/language-models.ts';
import { generator, randomTokens } from '../../../platform/test/random.ts';
import { NO_STOPS, withEngine } from './engines.ts';
import { alone, DEFAULT_KINDS, describeKinds, expectScores, VOCABULARY, watchBatches } from './sequence-scores.ts';

afterEach(() => {
  vi.restoreAllMocks();
});

describeKinds(DEFAULT_KINDS);

describe('score', () => {
  it('computes a question once for all of its choices', async () => {
    const question = randomTokens(generator(3), 40, VOCABULARY);
    const sequences = [1, 2, 3, 4].map((choice) => ({ context: question, continuation: [choice, 5] }));
    const batches = watchBatches();
    await withEngine(languageModel('llama'), {}, (engine) => engine.score(sequences));
    // The question, and the first token of each choice.
    expect(batches.map(({ batch, length }) => [batch, length])).toEqual([[1, 44]]);
  });

  it('scores many choices after a short question', async () => {
    // More tokens side by side than the longest sequence has.
    const sequences = Array.from({ length: 60 }, (_, i) => ({ context: [5, 6], continuation: [i, 63 - i, i] }));
    await withEngine(languageModel('llama'), {}, async (engine) => {
      const expected: SequenceScore[] = [];
      for (const sequence of sequences) expected.push(await alone(engine, sequence));
      expectScores(await engine.score(sequences), expected, 'all choices');
    });
  });

  it('works in chunks of 32 tokens if there is no memory for more', async () => {
    const random = generator(9);
    const question = randomTokens(random, 45, VOCABULARY);
    const sequences = [
      { context: question, continuation: [1, 2, 3] },
      { context: question, continuation: [4] },
      { context: [...question, 7], continuation: [5, 6] },
      { context: [9], continuation: [8] },
    ];
    for (const name of ['gemma3-text', 'falcon-alibi', 'qwen3-moe']) {
      const expected: SequenceScore[] = [];
      await withEngine(languageModel(name), {}, async (engine) => {
        for (const sequence of sequences) expected.push(await alone(engine, sequence));
      });
      await withEngine(languageModel(name), { batchBytes: 1 }, async (engine) => {
        const batches = watchBatches();
        expectScores(await engine.score(sequences), expected, name);
        expect(Math.max(...batches.map(({ batch, length }) => batch * length))).toBe(32);
      });
    }
  });

  it('computes the shots of few-shot questions once', async () => {
    const random = generator(4);
    const shots = randomTokens(random, 200, VOCABULARY);
    const sequences = Array.from({ length: 40 }, (_, i) => ({
      context: [...shots, i, ...randomTokens(random, 9, VOCABULARY)],
      continuation: [1],
    }));
    const batches = watchBatches();
    const shapes = () => batches.splice(0).map(({ batch, length, kvCache }) => [batch, length, kvCache?.length ?? 0]);
    const config = { max_position_embeddings: 400 };
    await withEngine(languageModel('llama'), { config }, async (engine) => {
      await engine.score(sequences.slice(0, 8));
      // One tree of 200 + 8 · 10.
      expect(shapes()).toEqual([[1, 280, 0]]);
      await engine.score(sequences);
    });
    expect(shapes()).toEqual([
      [1, 200, 0],
      [1, 400, 200],
    ]);
  });

  it('returns nothing for no sequences', async () => {
    expect(await withEngine(languageModel('llama'), {}, (engine) => engine.score([]))).toEqual([]);
  });

  it('rejects a token that is not in the vocabulary, and the engine still works', async () => {
    await withEngine(languageModel('llama'), {}, async (engine) => {
      const score = (continuation: number[]) => engine.score([{ context: [1], continuation }]);
      for (const token of [64, -1, 1.5]) await expect(score([token])).rejects.toThrow(`token ${token} is not in the`);
      const prompt = { tokens: [99], maxNewTokens: 1, stopTokens: NO_STOPS };
      await expect(engine.generate([prompt])).rejects.toThrow(/token 99/);
      expect(await score([63])).toHaveLength(1);
    });
  });

  it('takes as many tokens as the model reads, and one more that it predicts', async () => {
    await withEngine(languageModel('gpt2'), {}, async (engine) => {
      expect(engine.maxLength).toBe(30);
      const full = { context: Array<number>(29).fill(1), continuation: [2, 3] };
      expect(await engine.score([full])).toHaveLength(1);
      await expect(engine.score([{ ...full, continuation: [2, 3, 4] }])).rejects.toThrow(/31 tokens/);
    });
  });
});
