import { createHash } from 'node:crypto';
import { afterEach, expect, it, vi } from 'vitest';
import { openCheckpointSource } from '../../src/language-model/open-model.ts';
import { OnnxEngine } from '../../src/language-model/runtime/onnx-engine.ts';
import { measureProbes, runSuites } from '../../src/measure/measure-probes.ts';
import { measuredProbesSchema } from '../../src/measure/schema/probes.ts';
import { talkingModel } from '../language-model/talking-model.ts';
import { wordTokenizer } from '../language-model/tokens/word-tokenizer.ts';
import { scripted, suiteWithLevels } from '../probes/scripted.ts';

afterEach(() => void vi.restoreAllMocks());

it('a measurement says what the chat template writes around a question, by a digest', async () => {
  const suite = suiteWithLevels();
  const model = scripted([...suite.items, ...(suite.pilot ?? [])], () => 0);
  const frame = async (chatTemplate: string | null) => {
    const tokenizer = wordTokenizer({ chatTemplate });
    const order = {
      suites: [suite],
      seed: 1,
      order: { seed: 1, isChosen: false },
      chatTemplate: chatTemplate !== null,
      budgetSeconds: null,
    };
    const { probes } = await runSuites({ ...model, tokenizer }, order);
    return measuredProbesSchema.parse(probes).chatFrame;
  };
  const plain = await frame('U: {{ messages[0].content }}');
  expect(plain).toBe(`sha256:${createHash('sha256').update('U: Question').digest('hex')}`);
  expect(await frame('U: {{ messages[0].content }}{% if messages[1] %}{{ messages[1].content }}{% endif %}')).toBe(
    plain,
  );
  expect(await frame('Be good. U: {{ messages[0].content }}')).not.toBe(plain);
  expect(await frame(null)).toBeUndefined();
});

it('probes that need a chat template do not wait for the weights of a model without one', async () => {
  const open = vi.spyOn(OnnxEngine, 'open');
  const source = await openCheckpointSource({ checkpoint: talkingModel(), device: 'cpu' });
  const order = {
    suites: [suiteWithLevels()],
    seed: 1,
    order: { seed: 1, isChosen: false },
    chatTemplate: true,
    budgetSeconds: null,
  };
  await expect(measureProbes(source, order)).rejects.toThrow(/chat-template is on, but there is no tokenizer with/);
  expect(open).not.toHaveBeenCalled();
});
