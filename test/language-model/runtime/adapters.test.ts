import { join } from 'node:path';
import { expect, it } from 'vitest';
import { ADAPTERS, adapterFixture, baseOf } from '../../checkpoint/adapter/adapters.ts';
import { difference, type EngineChanges, openLora, readCases, TOLERANCE, withEngine } from './engines.ts';

it.each(ADAPTERS)('the logits with an adapter are those of the library that saved it: %s', async (name) => {
  const adapter = await openLora(adapterFixture(name));
  const [expected] = readCases(join(adapterFixture(name), 'expected.safetensors'));
  if (!expected) throw new Error('no expectation');
  const base = baseOf(name);
  const tied: EngineChanges = {
    config: { tie_word_embeddings: true },
    edit: (checkpoint) => ({
      ...checkpoint,
      tensors: new Map([...checkpoint.tensors].filter(([tensor]) => tensor !== 'lm_head.weight')),
    }),
  };
  const changes = name.endsWith('-tied') ? tied : {};
  await withEngine(base, { ...changes, adapter }, async (engine) => {
    expect(difference(await engine.logits(expected.tokens), expected.logits)).toBeLessThan(TOLERANCE);
  });
  await withEngine(base, changes, async (engine) => {
    expect(difference(await engine.logits(expected.tokens), expected.logits)).toBeGreaterThan(0.01);
  });
});
