import { MOST_PREDICTED } from '@shadow-gate/language-model/engine';
import { at } from '@shadow-gate/platform';
import { expect, it } from 'vitest';
import { languageModel } from '../../../../test/language-models.ts';
import { type EngineChanges, rowsOf, withEngine } from './engines.ts';
import { LAYERED, sharingSequences } from './layered.ts';

const WAYS: Readonly<Record<string, readonly [string, EngineChanges]>> = {
  'as a whole': ['llama', {}],
  'with a softcap on the logits': ['gemma2', {}],
  'layer by layer, the output matrix in slices': ['llama', LAYERED],
};

/** Log-probabilities of all tokens, in float64. */
function logSoftmax(logits: Float32Array): number[] {
  const most = Math.max(...logits);
  const total = most + Math.log(logits.reduce((sum, logit) => sum + Math.exp(logit - most), 0));
  return Array.from(logits, (logit) => logit - total);
}

it.each(Object.entries(WAYS))('%s, a score says which tokens the model expects', async (_, [model, changes]) => {
  await withEngine(languageModel(model), changes, async (engine) => {
    const sequences = sharingSequences(engine).map((sequence, i) => ({ ...sequence, isPredicted: i % 2 === 0 }));
    const plain = await engine.score(sharingSequences(engine));
    const scores = await engine.score(sequences);
    for (const [i, { context, continuation, isPredicted }] of sequences.entries()) {
      const { predictions, ...rest } = at(scores, i);
      expect(rest).toEqual(at(plain, i));
      expect(predictions?.length).toBe(isPredicted ? continuation.length : undefined);
      const rows = rowsOf(await engine.logits([...context, ...continuation.slice(0, -1)]), engine.vocabulary);
      for (const [j, { tokens, logprobs }] of (predictions ?? []).entries()) {
        const all = logSoftmax(at(rows, context.length - 1 + j));
        const best = all.toSorted((a, b) => b - a).slice(0, MOST_PREDICTED);
        expect(new Set(tokens).size).toBe(Math.min(MOST_PREDICTED, engine.vocabulary));
        for (const [k, logprob] of logprobs.entries()) {
          expect(Math.abs(logprob - at(best, k))).toBeLessThan(1e-4);
          expect(Math.abs(logprob - at(all, at(tokens, k)))).toBeLessThan(1e-4);
        }
      }
    }
  });
});
