import { readdirSync } from 'node:fs';
import { mkdtemp, open, readdir, rm } from 'node:fs/promises';
import os from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { StateStore } from '../../../src/language-model/runtime/layered/state-store.ts';
import { adapterFixture } from '../../checkpoint/adapter/adapters.ts';
import { fixture } from '../../fixtures.ts';
import { languageModel, openEngine, openLora, withEngine } from './engines.ts';
import { expectSameAnswers, LAYERED, promptsOf, sharingSequences } from './layered.ts';

describe('a model that is run layer by layer', () => {
  it.each([
    ['llama', 'plain attention'],
    ['gemma3-text', 'sliding windows, and a tied output matrix'],
    ['gemma3n-text', 'several hidden states, embeddings of each layer, shared keys and values'],
    ['qwen3-next', 'layers with a state beside attention, and experts'],
    ['gpt2', 'learned positions'],
  ])('answers as the whole one: %s, with %s', async (name) => {
    await expectSameAnswers(languageModel(name));
  });

  it('answers as the whole one with DoRA on all its matrices', async () => {
    const adapter = await openLora(adapterFixture('dora'));
    await expectSameAnswers(languageModel('llama'), { adapter });
  });

  it('answers as the whole one with quantized weights', async () => {
    await expectSameAnswers(fixture('quantized', 'nf4-nested'));
  });

  it('answers as the whole one where some states are in memory and others on the disk', async () => {
    await expectSameAnswers(languageModel('gemma3n-text'), {}, { layers: 'always', sizes: { stateBytes: 20_000 } });
  });

  it('answers as the whole one where a sequence takes several batches', async () => {
    await expectSameAnswers(languageModel('gemma4-text'), { batchBytes: 100_000 });
  });
});

describe('a pass that fails', () => {
  it('is no pass: the next call begins with the first layer again, and nothing is left on the disk', async () => {
    const known = await withEngine(languageModel('llama'), LAYERED, (engine) => engine.score(sharingSequences(engine)));
    const engine = await openEngine(languageModel('llama'), LAYERED);
    const { put } = StateStore.prototype;
    let left = 7;
    const failing = vi.spyOn(StateStore.prototype, 'put').mockImplementation(function (this: StateStore, ...args) {
      left -= 1;
      return left === 0 ? Promise.reject(new Error('broken')) : put.apply(this, args);
    });
    try {
      await expect(engine.score(sharingSequences(engine))).rejects.toThrow('broken');
      failing.mockRestore();
      expect(await engine.score(sharingSequences(engine))).toEqual(known);
      expect(await engine.generate(promptsOf(engine))).toHaveLength(3);
    } finally {
      await engine.close();
    }
  });

  it('says that the disk is full', async () => {
    const store = new StateStore(0, { folder: '/tmp/full', openFile: () => open('/dev/full', 'w') });
    const full = store.put('a', { data: new Float32Array(4), dims: [4] });
    await expect(full).rejects.toThrow(/^the disk of \/tmp\/full is full, .* — free some space, set TMPDIR/);
    await expect(full).rejects.toMatchObject({ code: 'not-enough-memory' });
    await store.clear();
  });
});

describe('StateStore', () => {
  const state = (value: number, count = 4) => ({ data: new Float32Array(count).fill(value), dims: [count] });

  async function inFolder(work: (folder: string) => Promise<void>): Promise<void> {
    const folder = await mkdtemp(join(os.tmpdir(), 'shadow-gate-test-'));
    try {
      await work(folder);
    } finally {
      await rm(folder, { recursive: true });
    }
  }

  it('keeps what fits into memory, and gives back what it has put on the disk', async () => {
    await inFolder(async (folder) => {
      const store = new StateStore(2 * 16, { folder });
      for (const [i, key] of ['a', 'b', 'c', 'd'].entries()) await store.put(key, state(i));
      expect(store.spilled).toBe(2 * 16);
      // Another state in the place of one that was taken, while the others stay where they are.
      expect(await store.take('c')).toEqual(state(2));
      await store.put('e', state(9));
      expect(store.spilled).toBe(2 * 16);
      await store.put('f', state(7, 3));
      const keys = ['a', 'b', 'd', 'e', 'f'];
      const found = await Promise.all(keys.map((key) => store.read(key)));
      expect(found.map(({ data }) => [...data])).toEqual([
        [0, 0, 0, 0],
        [1, 1, 1, 1],
        [3, 3, 3, 3],
        [9, 9, 9, 9],
        [7, 7, 7],
      ]);
      await expect(store.read('c')).rejects.toThrow('no state c');
      await store.clear();
    });
  });

  it('leaves no name on the disk, even while it is open', async () => {
    await inFolder(async (folder) => {
      const store = new StateStore(0, { folder });
      await store.put('a', state(1));
      expect(readdirSync(folder)).toEqual([]);
      await store.clear();
      expect(await readdir(folder)).toEqual([]);
    });
  });
});
