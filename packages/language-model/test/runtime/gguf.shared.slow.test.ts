import { openReference } from '@shadow-gate/checkpoints';
import { describe, expect, it } from 'vitest';
import { difference, readCases, TOLERANCE, withEngine } from './engines.ts';
import { GGUF_MODELS, ggufLogits, ggufModel } from './gguf-models.ts';

describe.each(GGUF_MODELS)('the GGUF model %s', (name) => {
  it('has the logits of transformers on the checkpoint that it was converted from', async () => {
    const { gguf } = await openReference(ggufModel(name));
    expect(gguf?.notRun).toBeNull();
    await withEngine(ggufModel(name), {}, async (engine) => {
      for (const { tokens, logits } of readCases(ggufLogits(name))) {
        expect(difference(await engine.logits(tokens), logits)).toBeLessThanOrEqual(TOLERANCE);
      }
    });
  });
});
