import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { openReference } from '@shadow-gate/checkpoints';
import type { Adapter } from '@shadow-gate/checkpoints/adapter';
import { expect, it } from 'vitest';
import { fixture, temporaryFolder } from '../../../../test/fixtures.ts';
import { ADAPTERS, adapterFixture, baseOf } from '../../../checkpoints/test/adapter/adapters.ts';
import { renameTensors } from '../../../checkpoints/test/edit-tensor.ts';
import { OnnxEngine } from '../../src/runtime/onnx-engine.ts';
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

it('updates of experts count as memory in addition to the experts: each is added to a copy', async () => {
  const base = await openReference(baseOf('experts-mixtral'));
  const memory = async (adapter: Adapter | null) => (await OnnxEngine.expectedMemory(base, adapter)).whole;
  const added = (await memory(await openLora(adapterFixture('experts-mixtral')))) - (await memory(null));
  const experts = [...base.tensors.values()].filter(({ name }) => name.includes('.experts.'));
  const stacked = experts.reduce((sum, { size }) => sum + 4 * size, 0);
  expect(added).toBe(2 * stacked);
});

it('an adapter of the base model alone is refused: PEFT finds none of its modules in the whole model, and says nothing', async () => {
  const folder = join(temporaryFolder(), 'inner');
  cpSync(fixture('language-models', 'lora'), folder, { recursive: true });
  renameTensors(join(folder, 'adapter_model.safetensors'), (name) => name.replace('.model.model.', '.model.'));
  const base = await openReference(fixture('language-models', 'llama'));
  const adapter = await openLora(folder);
  await expect(OnnxEngine.open(base, { device: { name: 'cpu', reason: 'a test' }, adapter })).rejects.toThrow(
    /adapts "layers\.0\..*\.weight", which no library finds in the model: there it is in "model"/,
  );
});
