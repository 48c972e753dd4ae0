import type { Sequence } from '@shadow-gate/language-model/engine';
import { LOGIT_FACTORS } from '@shadow-gate/language-model/engine';
import { at } from '@shadow-gate/platform';
import { expect, it } from 'vitest';
import { languageModel } from '../../../../test/language-models.ts';
import type { OnnxEngine } from '../../src/runtime/onnx-engine.ts';
import { type EngineChanges, rowsOf, withEngine } from './engines.ts';
import { LAYERED, sharingSequences } from './layered.ts';

const WAYS: Readonly<Record<string, readonly [string, EngineChanges]>> = {
  'as a whole': ['llama', {}],
  'with a softcap on the logits': ['gemma2', {}],
  'layer by layer, the output matrix in slices': ['llama', LAYERED],
};

/** Σ over the continuation of log softmax(factor · logits) over all tokens, or over some and its own, in float64. */
async function expected(
  engine: OnnxEngine,
  { context, continuation, among }: Sequence,
  factor: number,
): Promise<number> {
  const rows = rowsOf(await engine.logits([...context, ...continuation.slice(0, -1)]), engine.vocabulary);
  return continuation.reduce((sum, token, i) => {
    const logits = [...at(rows, context.length - 1 + i)].map((logit) => factor * logit);
    const compared = among ? [...new Set([...among, token])].map((other) => at(logits, other)) : logits;
    const most = Math.max(...compared);
    const total = most + Math.log(compared.reduce((all, logit) => all + Math.exp(logit - most), 0));
    return sum + at(logits, token) - total;
  }, 0);
}

it.each(Object.entries(WAYS))(
  '%s, a score says how it would be if all logits were scaled',
  async (_, [model, changes]) => {
    await withEngine(languageModel(model), changes, async (engine) => {
      const sequences = sharingSequences(engine).map((sequence, i) => ({ ...sequence, isScaled: i % 2 === 0 }));
      const plain = await engine.score(sharingSequences(engine));
      const scores = await engine.score(sequences);
      for (const [i, sequence] of sequences.entries()) {
        const { scaled, ...rest } = at(scores, i);
        expect(rest).toEqual(at(plain, i));
        if (!sequence.isScaled) {
          expect(scaled).toBeUndefined();
          continue;
        }
        for (const [f, factor] of LOGIT_FACTORS.entries()) {
          const difference = (scaled?.[f] ?? Number.NaN) - (await expected(engine, sequence, factor));
          expect(Math.abs(difference)).toBeLessThan(2e-4);
        }
      }
    });
  },
);

it.each(Object.entries(WAYS))(
  '%s, a score says how likely a text is among some tokens alone',
  async (_, [model, changes]) => {
    await withEngine(languageModel(model), changes, async (engine) => {
      const some = [3, 7, 40, engine.vocabulary - 1];
      const sequences = sharingSequences(engine).map((sequence, i) =>
        i % 2 === 0 ? { ...sequence, among: some } : sequence,
      );
      const plain = await engine.score(sharingSequences(engine));
      const scores = await engine.score(sequences);
      for (const [i, sequence] of sequences.entries()) {
        const { among, ...rest } = at(scores, i);
        expect(rest).toEqual(at(plain, i));
        expect(among !== undefined).toBe('among' in sequence);
        if (among === undefined) continue;
        const known = [among.logprob, ...among.scaled];
        for (const [f, factor] of [1, ...LOGIT_FACTORS].entries()) {
          expect(Math.abs(at(known, f) - (await expected(engine, sequence, factor)))).toBeLessThan(2e-4);
        }
      }
    });
  },
);
