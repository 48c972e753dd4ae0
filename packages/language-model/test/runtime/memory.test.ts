import os from 'node:os';
import { openReference } from '@shadow-gate/checkpoints';
import { Graph } from '@shadow-gate/checkpoints/onnx/graph';
import { describeDecoder } from '@shadow-gate/language-model';
import { UserError } from '@shadow-gate/platform';
import { parseMemory } from '@shadow-gate/platform/memory';
import { afterEach, expect, it, vi } from 'vitest';
import { fixture } from '../../../../test/fixtures.ts';
import { HeldTensors } from '../../src/architectures/held-tensors.ts';
import { Weights } from '../../src/architectures/weights.ts';
import { DEFAULT_BATCH_BYTES } from '../../src/runtime/batch-budget.ts';
import type { DevicePlan } from '../../src/runtime/device-memory.ts';
import { planMemory } from '../../src/runtime/memory-plan.ts';
import { OnnxEngine } from '../../src/runtime/onnx-engine.ts';

afterEach(() => vi.restoreAllMocks());

it('refuses a model that does not fit into memory before it loads it', async () => {
  const checkpoint = await openReference(fixture('language-models/llama'));
  // The embeddings stay in their file: of these, 64 · 16, single rows are read.
  const all = [...checkpoint.tensors.values()].reduce((sum, { size }) => sum + size, 0);
  const elements = all - 64 * 16;
  const device = { name: 'cpu', reason: 'requested' } as const;
  vi.spyOn(os, 'totalmem').mockReturnValue(4 * elements + DEFAULT_BATCH_BYTES);
  await (await OnnxEngine.open(checkpoint, { device })).close();
  vi.spyOn(os, 'totalmem').mockReturnValue(4 * elements + DEFAULT_BATCH_BYTES - 1);
  const opening = OnnxEngine.open(checkpoint, { device });
  await expect(opening).rejects.toThrow(/takes .* GiB in memory, and 1\.0 GiB layer by layer; this machine has/);
  await expect(opening).rejects.toBeInstanceOf(UserError);
  await expect(opening).rejects.toMatchObject({
    code: 'not-enough-memory',
    hint: expect.stringMatching(/at least .* GiB/),
  });
});

it('does not count the embeddings of each layer, of which single rows are read (Gemma 4)', async () => {
  const checkpoint = await openReference(fixture('language-models/gemma4-text-v5'));
  const unread = /embed_tokens(_per_layer)?\.weight$/;
  const elements = [...checkpoint.tensors.values()].reduce(
    (sum, { size, name }) => sum + (unread.test(name) ? 0 : size),
    0,
  );
  const device = { name: 'cpu', reason: 'requested' } as const;
  vi.spyOn(os, 'totalmem').mockReturnValue(4 * elements + DEFAULT_BATCH_BYTES);
  await (await OnnxEngine.open(checkpoint, { device })).close();
  vi.spyOn(os, 'totalmem').mockReturnValue(4 * elements + DEFAULT_BATCH_BYTES - 1);
  await expect(OnnxEngine.open(checkpoint, { device })).rejects.toThrow(/takes .* GiB in memory/);
});

it('runs a model layer by layer where less memory is left than its weights and a batch take', async () => {
  const checkpoint = await openReference(fixture('language-models/llama'));
  const batchBytes = 1e9;
  vi.spyOn(HeldTensors.prototype, 'bytes').mockReturnValue(4e9);
  const executionIn = async (memoryLimit: number) => {
    const device = { name: 'cpu', reason: 'requested' } as const;
    const engine = await OnnxEngine.open(checkpoint, { device, batchBytes, memoryLimit });
    await engine.close();
    return engine.execution;
  };
  vi.spyOn(os, 'totalmem').mockReturnValue(8e9);
  expect(await executionIn(5e9)).toBe('whole');
  expect(await executionIn(5e9 - 1)).toBe('layer by layer');
  // Two layers, which are small here, a batch, what Node and onnxruntime take, and the least for hidden states.
  expect(await executionIn(1.57e9)).toBe('layer by layer');
  await expect(executionIn(1.56e9)).rejects.toThrow(
    /--max-memory allows 1\.5 GiB — raise --max-memory to at least 1\.5, or use a server/,
  );
  // No limit gives more than the machine has.
  vi.spyOn(os, 'totalmem').mockReturnValue(5e9 - 1);
  expect(await executionIn(8e9)).toBe('layer by layer');
});

it('converts layers that take up to a fourth of the memory, and saves memory that is more than half', async () => {
  const checkpoint = await openReference(fixture('language-models/llama'));
  const decoder = describeDecoder(checkpoint);
  const weights = new Weights(checkpoint, decoder, null, { held: 'as-stored' });
  vi.spyOn(HeldTensors.prototype, 'bytes').mockReturnValue(3e9);
  vi.spyOn(os, 'totalmem').mockReturnValue(32e9);
  const heldIn = (memoryLimit: number) => {
    const model = { path: 'model', decoder, weights, graphs: [new Graph()] };
    const plan = planMemory(model, { device: { name: 'cpu', reason: 'requested' }, batchBytes: 1e9, memoryLimit });
    return plan.execution === 'whole' && (plan.layersHeld ?? (plan.savesMemory ? 'saved' : 'fast'));
  };
  expect([16e9, 16e9 - 1, 8e9, 8e9 - 1].map(heldIn)).toEqual(['float32', 'fast', 'fast', 'saved']);
});

it('leaves weights of 16 bits as they are stored, also to generate, where they do not fit in float32', async () => {
  const checkpoint = await openReference(fixture('language-models/llama'));
  vi.spyOn(HeldTensors.prototype, 'bytes').mockImplementation((held) => (held === 'float32' ? 4e9 : 2e9));
  vi.spyOn(os, 'totalmem').mockReturnValue(8e9);
  const generatingIn = async (memoryLimit: number) => {
    const device = { name: 'cpu', reason: 'requested' } as const;
    const engine = await OnnxEngine.open(checkpoint, { device, batchBytes: 1e9, memoryLimit });
    await engine.generate([{ tokens: [1, 2], maxNewTokens: 2, stopTokens: new Set() }]);
    const { execution, precision } = engine;
    await engine.close();
    return [execution, precision.weights];
  };
  expect(await generatingIn(5e9)).toEqual(['whole', 'float32']);
  // A batch, what Node and onnxruntime take, and the largest matrix in float32.
  expect(await generatingIn(3.6e9)).toEqual(['whole', '16-bit']);
  expect(await generatingIn(3.5e9)).toEqual(['layer by layer', 'float32']);
});

it('refuses a model that does not fit into the free memory of a GPU, with what takes how much', async () => {
  const checkpoint = await openReference(fixture('language-models/llama'));
  const plans: DevicePlan[] = [];
  const open = (memory: number) =>
    OnnxEngine.open(checkpoint, {
      device: { name: 'cuda', reason: 'T4', memory },
      onPlan: (plan) => void plans.push(plan),
    });
  await expect(open(1)).rejects.toThrow(
    /needs 0\.5 GiB \(weights 0\.00, .* a batch 0\.00, CUDA itself 0\.5\), and the GPU has 0\.00 GiB free — use device cpu, a GPU with at least 0\.5 GiB free, or a server/,
  );
  const least = plans[0]?.total ?? 0;
  await expect(open(least - 1)).rejects.toMatchObject({ code: 'not-enough-memory' });
  // With one byte more, it reaches onnxruntime, which has a provider or not.
  expect(await open(least).catch((error: unknown) => error)).not.toBeInstanceOf(UserError);
  expect(plans.at(-1)).toMatchObject({ fits: true, free: least });
});

it.each([
  ['6', 6 * 2 ** 30],
  ['0.5', 2 ** 29],
  ['6GB', 6e9],
  ['6 GiB', 6 * 2 ** 30],
  ['512MB', 512e6],
  ['0', null],
  ['-1', null],
  ['6gb', 6e9],
  ['6g', null],
  ['6K', null],
  ['', null],
])('a memory limit of %j is %j bytes', (text, bytes) => {
  expect(parseMemory(text)).toBe(bytes);
});
