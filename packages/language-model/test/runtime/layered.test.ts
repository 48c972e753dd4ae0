import { readdirSync } from 'node:fs';
import { mkdtemp, open, readdir, rm, truncate, writeFile } from 'node:fs/promises';
import os from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { temporaryFolder } from '../../../../test/fixtures.ts';
import { languageModel } from '../../../../test/language-models.ts';
import { readAhead } from '../../src/runtime/layered/read-ahead.ts';
import { SlicedHead } from '../../src/runtime/layered/sliced-head.ts';
import { StateStore } from '../../src/runtime/layered/state-store.ts';
import { openEngine, withEngine } from './engines.ts';
import { expectSameAnswers, LAYERED, promptsOf, sharingSequences } from './layered.ts';

describe('a model that is run layer by layer', () => {
  it.each([
    ['llama', 'plain attention'],
    ['qwen3-next', 'layers with a state as well as attention, and experts'],
  ])('answers as the whole one: %s, with %s', async (name) => {
    await expectSameAnswers(languageModel(name));
  });

  // With several hidden states, embeddings of each layer, shared keys and values.
  it('answers as the whole one where some states are in memory and others on the disk', async () => {
    await expectSameAnswers(languageModel('gemma3n-text'), {}, { layers: 'always', sizes: { stateBytes: 20_000 } });
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

  it('leaves no state where its output matrix fails', async () => {
    const engine = await openEngine(languageModel('llama'), LAYERED);
    const clearing = vi.spyOn(StateStore.prototype, 'clear');
    const failing = vi.spyOn(SlicedHead.prototype, 'score').mockRejectedValueOnce(new Error('broken'));
    try {
      await expect(engine.score(sharingSequences(engine))).rejects.toThrow('broken');
      expect(clearing).toHaveBeenCalled();
    } finally {
      failing.mockRestore();
      clearing.mockRestore();
      await engine.close();
    }
  });

  it('says that no temporary file can be written', async () => {
    const store = new StateStore(0, { folder: '/nowhere/at-all' });
    const failed = store.put('a', { data: new Float32Array(4), dims: [4] });
    await expect(failed).rejects.toThrow(
      /\/nowhere\/at-all takes none \(ENOENT\) — set TMPDIR to a folder that can be/,
    );
    await expect(failed).rejects.toMatchObject({ code: 'not-enough-memory' });
    await store.clear();
  });

  it('says that the disk is full', async () => {
    const store = new StateStore(0, { folder: '/tmp/full', openFile: () => open('/dev/full', 'w') });
    const full = store.put('a', { data: new Float32Array(4), dims: [4] });
    await expect(full).rejects.toThrow(/^the disk of \/tmp\/full is full, .* — free some space, set TMPDIR/);
    await expect(full).rejects.toMatchObject({ code: 'not-enough-memory' });
    await store.clear();
  });
});

it('reads ahead with few reads at a time, to the end of each part', async () => {
  const path = join(temporaryFolder(), 'weights');
  await writeFile(path, '');
  await truncate(path, 50 * 2 ** 20);
  const file = await open(path);
  const prototype = Object.getPrototypeOf(file) as typeof file;
  await file.close();
  let [now, most, bytes] = [0, 0, 0];
  const { read } = prototype;
  const reading = vi.spyOn(prototype, 'read').mockImplementation(async function (
    this: typeof file,
    ...args: unknown[]
  ) {
    now += 1;
    most = Math.max(most, now);
    const result = await Reflect.apply(read, this, args);
    now -= 1;
    bytes += result.bytesRead;
    return result;
  } as never);
  await readAhead([
    { file: path, offset: 3, byteLength: 20 * 2 ** 20 },
    { file: path, offset: 30 * 2 ** 20, byteLength: 9 },
  ]);
  reading.mockRestore();
  expect([most, bytes]).toEqual([2, 20 * 2 ** 20 + 9]);
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

  it('gives the places of states to larger ones that grow, and begins anew when it has none', async () => {
    await inFolder(async (folder) => {
      const store = new StateStore(0, { folder });
      for (let count = 17; count <= 32; count += 1) {
        for (const key of ['a', 'b']) await store.put(key, state(count, count));
      }
      expect(store.spilled).toBe(2 * 32 * 4);
      expect([...(await store.take('a')).data]).toEqual(Array(32).fill(32));
      await store.put('c', state(5, 3));
      expect([...(await store.take('b')).data]).toEqual(Array(32).fill(32));
      expect([...(await store.take('c')).data]).toEqual([5, 5, 5]);
      expect(store.spilled).toBe(0);
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
