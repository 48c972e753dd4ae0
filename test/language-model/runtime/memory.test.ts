import os from 'node:os';
import { afterEach, expect, it, vi } from 'vitest';
import { openReference } from '../../../src/checkpoint/open.ts';
import { OnnxEngine } from '../../../src/language-model/runtime/onnx-engine.ts';
import { UserError } from '../../../src/platform/user-error.ts';
import { fixture } from '../../fixtures.ts';

afterEach(() => vi.restoreAllMocks());

it('refuses a model that does not fit into memory before it loads it', async () => {
  const checkpoint = await openReference(fixture('language-models/llama'));
  const elements = [...checkpoint.tensors.values()].reduce((sum, { size }) => sum + size, 0);
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

it('refuses a model that does not fit into the free memory of a GPU with the values of a batch', async () => {
  const checkpoint = await openReference(fixture('language-models/llama'));
  const elements = [...checkpoint.tensors.values()].reduce((sum, { size }) => sum + size, 0);
  const memory = 4 * elements + 2 ** 20 - 1;
  const opening = OnnxEngine.open(checkpoint, { device: { name: 'cuda', reason: 'T4', memory }, batchBytes: 2 ** 20 });
  await expect(opening).rejects.toThrow(
    /takes 0\.\d GiB in float32, and the GPU has 0\.\d GiB free — use device cpu, a GPU with at least 0\.\d GiB, or a server/,
  );
  // One byte more, and it gets as far as onnxruntime, which has a provider or not.
  const device = { name: 'cuda', reason: 'T4', memory: memory + 1 } as const;
  const result = await OnnxEngine.open(checkpoint, { device, batchBytes: 2 ** 20 }).catch((error: unknown) => error);
  expect(result).not.toBeInstanceOf(UserError);
});
