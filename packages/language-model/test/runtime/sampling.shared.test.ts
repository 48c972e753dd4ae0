import type { Prompt } from '@shadow-gate/language-model/engine';
import { describe, expect, it } from 'vitest';
import { languageModel } from '../../../../test/language-models.ts';
import { drawToken, tokenDraws } from '../../src/runtime/draw-token.ts';
import { NO_STOPS, rowsOf, withEngine } from './engines.ts';
import { LAYERED } from './layered.ts';

const prompt = (tokens: readonly number[], seed: number, temperature: number, maxNewTokens = 6): Prompt => ({
  tokens,
  maxNewTokens,
  stopTokens: NO_STOPS,
  sampling: { temperature, seed },
});

describe('a token that is drawn', () => {
  it('is the first whose cumulative probability is above the draw', () => {
    // At a temperature of 2 the probabilities are ¼, ½ and ¼.
    const logits = Float32Array.of(0, 2 * Math.log(2), Number.NEGATIVE_INFINITY, 0);
    const drawn = (uniform: number) => drawToken(logits, { temperature: 2, uniform });
    expect([0, 0.2499, 0.2501, 0.7499, 0.7501, 1 - 2 ** -32].map(drawn)).toEqual([0, 0, 1, 1, 3, 3]);
  });

  it('follows from the seed alone', () => {
    const draws = (seed: number) => Array.from({ length: 3 }, tokenDraws({ temperature: 1, seed }));
    expect(draws(7)).toEqual(draws(7));
    expect(draws(7)).not.toEqual(draws(8));
    for (const { uniform } of draws(9)) expect(uniform).toBeLessThan(1);
  });
});

describe('sampled answers', () => {
  const path = languageModel('llama');

  it.each([0.5, 1, 1.5])(
    'begin with each token as often as its probability says: temperature %d',
    async (temperature) => {
      const draws = 4000;
      await withEngine(path, {}, async (engine) => {
        const logits = rowsOf(await engine.logits([3, 1, 4]), engine.vocabulary).at(-1) ?? [];
        const weights = [...logits].map((logit) => Math.exp((logit - Math.max(...logits)) / temperature));
        const total = weights.reduce((sum, weight) => sum + weight, 0);
        const continued = await engine.generate(
          Array.from({ length: draws }, (_, seed) => prompt([3, 1, 4], seed, temperature, 1)),
        );
        const counts = new Map<number, number>();
        for (const { tokens } of continued) for (const token of tokens) counts.set(token, (counts.get(token) ?? 0) + 1);
        // Pearson's χ² of tokens that are expected five times or more, the others together.
        const expected = weights.map((weight) => (draws * weight) / total);
        const cells = expected.flatMap((wanted, token) =>
          wanted < 5 ? [] : [[wanted, counts.get(token) ?? 0] as const],
        );
        const rest = [
          draws - cells.reduce((sum, [wanted]) => sum + wanted, 0),
          draws - cells.reduce((sum, [, own]) => sum + own, 0),
        ];
        const squares = [...cells, rest].reduce(
          (sum, [wanted = 0, own = 0]) => sum + (own - wanted) ** 2 / Math.max(5, wanted),
          0,
        );
        // Its mean is the degrees of freedom, its variance twice that.
        expect(squares).toBeLessThan(cells.length + 4 * Math.sqrt(2 * cells.length));
        expect(cells.length).toBeGreaterThan(10);
      });
    },
  );

  it('do not depend on what is decoded with them, nor on how the model is run', async () => {
    const prompts = [
      prompt([3, 1, 4], 11, 1),
      prompt([3, 1, 4], 12, 1),
      { tokens: [2, 7], maxNewTokens: 6, stopTokens: NO_STOPS },
      prompt([5, 5, 5, 5], 13, 0.7, 9),
    ];
    const alone = await withEngine(path, {}, async (engine) => {
      const made = [];
      for (const one of prompts) made.push(...(await engine.generate([one])));
      expect(await engine.generate(prompts)).toEqual(made);
      return made;
    });
    expect(alone[0]).not.toEqual(alone[1]);
    expect(await withEngine(path, LAYERED, (engine) => engine.generate(prompts))).toEqual(alone);
  });
});
