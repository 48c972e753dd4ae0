import { createHash } from 'node:crypto';
import { OnnxEngine, openCheckpointSource } from '@shadow-gate/language-model';
import { measuredProbesSchema } from '@shadow-gate/probes/answer';
import { afterEach, expect, it, vi } from 'vitest';
import { talkingModel } from '../../packages/language-model/test/talking-model.ts';
import { wordTokenizer } from '../../packages/language-model/test/tokens/word-tokenizer.ts';
import { scripted, suiteWithLevels } from '../../packages/probes/test/scripted.ts';
import { measureProbes, runSuites } from '../../src/measure/measure-probes.ts';

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

it('a measurement says which tokens are put before each text, also where the BOS is called like the text that others are compared with', async () => {
  const suite = suiteWithLevels();
  const model = scripted([...suite.items, ...(suite.pilot ?? [])], () => 0);
  const leading = async (words: readonly string[], { bos = '<s>', chatTemplate = null as string | null } = {}) => {
    const named = wordTokenizer({ chatTemplate });
    const [prefixTokenId = 0] = named.encode(bos, { addSpecialTokens: false });
    const put = words.flatMap((word) => named.encode(word, { addSpecialTokens: false }));
    const tokenizer = { ...named, prefixTokenId, leading: put };
    const order = { seed: 1, isChosen: false };
    const isChat = chatTemplate !== null;
    const settings = { suites: [suite], seed: 1, order, chatTemplate: isChat, budgetSeconds: null };
    return measuredProbesSchema.parse((await runSuites({ ...model, tokenizer }, settings)).probes).leading;
  };
  const none = await leading([]);
  expect(none).toMatch(/^sha256:/);
  expect(await leading(['<s>'])).toBe(await leading(['<s>']));
  const all = [
    none,
    await leading(['<s>']),
    await leading(['<s>', 'pink']),
    await leading(['pink'], { bos: 'Question' }),
  ];
  expect(new Set(all).size).toBe(all.length);
  // A template that writes the BOS itself gets no other one.
  const chatTemplate = '<s>{{ messages[0].content }}';
  expect(await leading(['<s>'], { chatTemplate })).toBe(none);
  const bare = '{{ messages[0].content }}';
  expect(await leading(['pink'], { chatTemplate: bare, bos: 'Question' })).not.toBe(none);
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
