import { afterEach, expect, it, vi } from 'vitest';
import { openCheckpointSource } from '../../src/language-model/open-model.ts';
import { OnnxEngine } from '../../src/language-model/runtime/onnx-engine.ts';
import { measureProbes } from '../../src/measure/measure-probes.ts';
import { talkingModel } from '../language-model/talking-model.ts';
import { suiteWithLevels } from '../probes/scripted.ts';

afterEach(() => void vi.restoreAllMocks());

it('probes that need a chat template do not wait for the weights of a model without one', async () => {
  const open = vi.spyOn(OnnxEngine, 'open');
  const source = await openCheckpointSource({ checkpoint: talkingModel(), device: 'cpu' });
  const order = { suites: [suiteWithLevels()], seed: 1, chatTemplate: true, budgetSeconds: null };
  await expect(measureProbes(source, order)).rejects.toThrow(/chat-template is on, but there is no tokenizer with/);
  expect(open).not.toHaveBeenCalled();
});
