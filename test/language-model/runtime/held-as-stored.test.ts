import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, expect, it, vi } from 'vitest';
import type { TensorEntry } from '../../../src/checkpoint/types.ts';
import { rowBlocks } from '../../../src/language-model/graph/linear.ts';
import { temporaryFolder } from '../../fixtures.ts';
import { languageModel, withEngine } from './engines.ts';
import { AS_STORED, bothWays, changeSessions, expectExpertsOneByOne, TOKENS } from './held-as-stored.ts';

afterEach(() => void vi.restoreAllMocks());

// bfloat16; float16 with matrices that are stored transposed. All families: held-as-stored.slow.test.ts.
it.each(['llama', 'gpt2'])('not one bit of a result changes if 16-bit weights stay so: %s', async (name) => {
  const { asStored, inFloat32 } = await bothWays(languageModel(name));
  expect(asStored).toEqual(inFloat32);
});

// Each expert in operators of its own, not in the one that the CPU has for all. All families: held-as-stored.slow.test.ts.
it.each(['mixtral'])('experts one by one have the logits of transformers: %s', expectExpertsOneByOne);

it('the engine says in what it computes and what its weights are in memory', async () => {
  const path = languageModel('llama');
  await withEngine(path, AS_STORED, async ({ precision }) => {
    expect(precision).toEqual({ arithmetic: 'float32', weights: '16-bit' });
  });
  await withEngine(path, {}, async ({ precision }) => {
    expect(precision).toEqual({ arithmetic: 'float32', weights: 'float32' });
  });
});

/** The operators that runs of a model start, in their order, as onnxruntime's profiler has them. */
async function operatorsOf(name: string): Promise<string[]> {
  const folder = temporaryFolder();
  let count = 0;
  const sessions = changeSessions((options) => {
    count += 1;
    return { ...options, enableProfiling: true, profileFilePrefix: join(folder, String(count)) };
  });
  await withEngine(languageModel(name), AS_STORED, async (engine) => {
    await engine.logits(TOKENS);
    for (const session of sessions) session.endProfiling();
  });
  const files = await Promise.all((await readdir(folder)).map((file) => readFile(join(folder, file), 'utf8')));
  return files.flatMap((file) => {
    const events = JSON.parse(file) as ReadonlyArray<{ name: string; args?: { op_name?: string } }>;
    return events.flatMap((event) => (event.name.endsWith('_kernel_time') ? (event.args?.op_name ?? []) : []));
  });
}

it.each(['llama', 'gpt2', 'mixtral'])(
  'each part of a matrix is expanded right before its product: %s',
  async (name) => {
    const operators = await operatorsOf(name);
    const products = operators.flatMap((operator, i) => (operator === 'Gemm' ? [operators[i - 1]] : []));
    expect(products.length).toBeGreaterThan(15);
    // If all were expanded first, they would all be in memory in float32 at once.
    expect(new Set(products)).toEqual(new Set(['Cast']));
  },
);

it('the blocks of a matrix have all of its rows, and none is larger than the first', () => {
  const entry: TensorEntry = {
    name: 'lm_head.weight',
    dtype: 'BF16',
    shape: [10, 8],
    size: 80,
    file: '/model.safetensors',
    offset: 100,
    byteLength: 160,
  };
  const blocks = rowBlocks(entry, 4 * 4 * 8);
  expect(blocks.map(({ shape, offset, byteLength, size }) => ({ shape, offset, byteLength, size }))).toEqual([
    { shape: [4, 8], offset: 100, byteLength: 64, size: 32 },
    { shape: [4, 8], offset: 164, byteLength: 64, size: 32 },
    { shape: [2, 8], offset: 228, byteLength: 32, size: 16 },
  ]);
  expect(rowBlocks(entry, 1)).toHaveLength(10);
  expect(rowBlocks(entry, 2 ** 30)).toEqual([entry]);
});
