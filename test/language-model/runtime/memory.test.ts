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
