import os from 'node:os';
import { afterEach, expect, it, vi } from 'vitest';
import { openReference } from '../../../src/checkpoint/open.ts';
import type { DevicePlan } from '../../../src/language-model/runtime/device-memory.ts';
import { OnnxEngine } from '../../../src/language-model/runtime/onnx-engine.ts';
import { UserError } from '../../../src/platform/user-error.ts';
import { fixture } from '../../fixtures.ts';

afterEach(() => vi.restoreAllMocks());

it('refuses a model that does not fit into memory before it loads it', async () => {
  const checkpoint = await openReference(fixture('language-models/llama'));
  // The embeddings stay in their file: of these, 64 · 16, single rows are read.
  const all = [...checkpoint.tensors.values()].reduce((sum, { size }) => sum + size, 0);
  const elements = all - 64 * 16;
  const device = { name: 'cpu', reason: 'requested' } as const;
  vi.spyOn(os, 'totalmem').mockReturnValue(4 * elements);
  await (await OnnxEngine.open(checkpoint, { device })).close();
  vi.spyOn(os, 'totalmem').mockReturnValue(4 * elements - 1);
  const opening = OnnxEngine.open(checkpoint, { device });
  await expect(opening).rejects.toThrow(/takes .* GiB in float32, and this machine has/);
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
  vi.spyOn(os, 'totalmem').mockReturnValue(4 * elements);
  await (await OnnxEngine.open(checkpoint, { device })).close();
  vi.spyOn(os, 'totalmem').mockReturnValue(4 * elements - 1);
  await expect(OnnxEngine.open(checkpoint, { device })).rejects.toThrow(/takes .* GiB in float32/);
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
  // One byte more, and it gets as far as onnxruntime, which has a provider or not.
  expect(await open(least).catch((error: unknown) => error)).not.toBeInstanceOf(UserError);
  expect(plans.at(-1)).toMatchObject({ fits: true, free: least });
});
