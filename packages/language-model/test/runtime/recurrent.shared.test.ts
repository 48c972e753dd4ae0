import type { Sequence } from '@shadow-gate/language-model/engine';
import { at } from '@shadow-gate/platform';
import { describe, expect, it } from 'vitest';
import { languageModel } from '../../../../test/language-models.ts';
import { generator, randomTokens } from '../../../platform/test/random.ts';
import type { OnnxEngine } from '../../src/runtime/onnx-engine.ts';
import { argmax, difference, logSoftmax, NO_STOPS, rowsOf, withEngine } from './engines.ts';

/** Rounding of float32, which sums in another order; a state of another sequence shows at 1e-2. */
const ROUNDING = 1e-5;

/** With layers that have a state, or entries for windows of tokens. */
const FOLLOWING = [
  'qwen3-5',
  'qwen3-next',
  'qwen4-exp-vl',
  'granite-hybrid',
  'lfm2',
  'nemotron-h',
  'kimi-linear',
  'falcon-h1',
  'deepseek-v4',
  'deepseek-v4-v5',
] as const;

/** log p of each token of the continuation, from the logits of the whole sequence alone. */
async function alone(engine: OnnxEngine, { context, continuation }: Sequence): Promise<number[]> {
  const tokens = [...context, ...continuation];
  const logits = await engine.logits(tokens);
  const rows = rowsOf(logits, logits.length / tokens.length);
  return continuation.map((token, i) => logSoftmax(at(rows, context.length - 1 + i))[token] as number);
}

async function expectAsAlone(engine: OnnxEngine, sequences: readonly Sequence[]): Promise<void> {
  const expected: number[][] = [];
  for (const sequence of sequences) expected.push(await alone(engine, sequence));
  const scores = await engine.score(sequences);
  for (const [i, { tokenLogprobs }] of scores.entries()) {
    expect(difference(tokenLogprobs, at(expected, i)), `sequence ${i}`).toBeLessThanOrEqual(ROUNDING);
  }
}

describe.each(FOLLOWING)('a model that follows the order of tokens: %s', (name) => {
  const word = (seed: number, length: number) => randomTokens(generator(seed), length, 64);

  it('scores the choices of a question as if each were alone', async () => {
    await withEngine(languageModel(name), {}, async (engine) => {
      const context = word(1, 9);
      const shared = word(2, 2);
      await expectAsAlone(engine, [
        { context, continuation: word(3, 1) },
        { context, continuation: word(4, 4) },
        { context, continuation: [...shared, ...word(5, 1)] },
        { context, continuation: [...shared, ...word(6, 3)] },
        // Another question, shorter, in the same batch.
        { context: word(7, 3), continuation: word(8, 5) },
        { context: word(9, 1), continuation: word(10, 2) },
      ]);
    });
  });

  it('computes a prefix that many questions share once, and goes on from its state', async () => {
    await withEngine(languageModel(name), {}, async (engine) => {
      const prefix = word(11, 36);
      const questions = [1, 2, 3].map((i) => [...prefix, ...word(20 + i, 3 * i)]);
      const sequences = questions.flatMap((context, i) =>
        [0, 1].map((j) => ({ context, continuation: word(30 + 2 * i + j, 1 + i + j) })),
      );
      await expectAsAlone(engine, sequences);
    });
  });

  it('decodes prompts of several lengths together as alone', async () => {
    await withEngine(languageModel(name), {}, async (engine) => {
      const prompts = [2, 11, 7].map((length, i) => ({
        tokens: word(40 + i, length),
        maxNewTokens: 12,
        stopTokens: NO_STOPS,
      }));
      const together = await engine.generate(prompts);
      for (const [i, prompt] of prompts.entries()) {
        const [single] = await engine.generate([prompt]);
        expect(at(together, i)).toEqual(single);
      }
      // And as the logits of the whole say.
      const [first] = together;
      const tokens = [...at(prompts, 0).tokens, ...(first?.tokens ?? [])];
      const logits = await engine.logits(tokens);
      const rows = rowsOf(logits, logits.length / tokens.length);
      const best = rows.map(argmax);
      expect(best.slice(1, -1)).toEqual(first?.tokens);
    });
  });

  it('goes on from a prefix in pieces', async () => {
    // A budget for a few tokens at a time.
    await withEngine(languageModel(name), { batchBytes: 60_000 }, async (engine) => {
      const context = word(50, 50);
      const sequences = [0, 1].map((i) => ({ context, continuation: word(51 + i, 3) }));
      const scores = await engine.score(sequences);
      await withEngine(languageModel(name), {}, async (whole) => {
        for (const [i, sequence] of sequences.entries()) {
          const expected = await alone(whole, sequence);
          expect(difference(at(scores, i).tokenLogprobs, expected)).toBeLessThanOrEqual(ROUNDING);
        }
      });
    });
  });
});
