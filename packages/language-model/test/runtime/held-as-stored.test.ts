import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TensorEntry } from '@shadow-gate/checkpoints/tensors';
import { at } from '@shadow-gate/platform';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { temporaryFolder } from '../../../../test/fixtures.ts';
import { languageModel } from '../../../../test/language-models.ts';
import { rowBlocks } from '../../src/graph/linear.ts';
import { BackboneSession } from '../../src/runtime/backbone-session.ts';
import { HeadSession } from '../../src/runtime/head-session.ts';
import { HeldChoice, isFastAsStored } from '../../src/runtime/held-weights.ts';
import type { OnnxEngine } from '../../src/runtime/onnx-engine.ts';
import { NO_STOPS, withEngine } from './engines.ts';
import { AS_STORED, bothWays, changeSessions, expectExpertsOneByOne, TOKENS } from './held-as-stored.ts';

afterEach(() => void vi.restoreAllMocks());

// bfloat16; float16 with matrices that are stored transposed. All families: held-as-stored.nightly.test.ts.
it.each(['llama', 'gpt2'])('not one bit of a result changes if 16-bit weights stay so: %s', async (name) => {
  const { asStored, inFloat32 } = await bothWays(languageModel(name));
  expect(asStored).toEqual(inFloat32);
});

// Each expert in operators of its own, not in the one that the CPU has for all. All families:
// held-as-stored.nightly.test.ts.
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

describe('on the CPU, weights of 16 bits', () => {
  const sequence = { context: TOKENS.slice(0, 4), continuation: TOKENS.slice(4) };
  /** More than half of it goes to the values of a batch alone. */
  const LITTLE_MEMORY = { memoryLimit: 1e9 };
  const prompt = { tokens: TOKENS, maxNewTokens: 2, stopTokens: NO_STOPS };

  /** How the weights of the sessions that some calls open are held: those of the layers, and the output matrix. */
  const openedFor = async (
    name: string,
    calls: ReadonlyArray<(engine: OnnxEngine) => Promise<unknown>>,
    options: Parameters<typeof withEngine>[1] = LITTLE_MEMORY,
  ) => {
    const held: { readonly layers: string[]; readonly heads: string[] } = { layers: [], heads: [] };
    const openBackbone = BackboneSession.open.bind(BackboneSession);
    const openHead = HeadSession.open.bind(HeadSession);
    vi.spyOn(BackboneSession, 'open').mockImplementation((...args) => {
      held.layers.push(args[1].held);
      return openBackbone(...args);
    });
    vi.spyOn(HeadSession, 'open').mockImplementation((...args) => {
      held.heads.push(args[1].held);
      return openHead(...args);
    });
    await withEngine(languageModel(name), options, async (engine) => {
      for (const call of calls) await call(engine);
    });
    vi.restoreAllMocks();
    return held;
  };
  const score = (engine: OnnxEngine) => engine.score([sequence]);
  const generate = (engine: OnnxEngine) => engine.generate([prompt]);

  it('are float32 in the layers where that is a small part of the memory', async () => {
    expect(await openedFor('llama', [score], {})).toEqual({ layers: ['float32'], heads: ['as-stored'] });
  });

  it('stay so for scores, until something is generated', async () => {
    expect(await openedFor('llama', [score, generate, score])).toEqual({
      layers: ['as-stored', 'float32'],
      heads: ['as-stored', 'float32'],
    });
  });

  it('are float32 for all calls if one of those that are announced generates', async () => {
    const prepare = (engine: OnnxEngine) => engine.prepare({ score: [[sequence]], generate: true });
    expect(await openedFor('llama', [prepare, score])).toEqual({ layers: ['float32'], heads: ['float32'] });
  });

  it('are float32 in the layers for many calls of few tokens, and stay so for few', async () => {
    const announce = (count: number) => (engine: OnnxEngine) =>
      engine.prepare({ score: Array.from({ length: count }, () => [sequence]), generate: false });
    expect(await openedFor('llama', [announce(9), score])).toEqual({ layers: ['float32'], heads: ['as-stored'] });
    expect((await openedFor('llama', [announce(8), score, score])).layers).toEqual(['as-stored']);
  });

  it('are float32 in layers whose experts have an operator of their own', async () => {
    expect((await openedFor('mixtral', [score])).layers).toEqual(['float32']);
  });

  it('make the same scores either way', async () => {
    const scores = (held?: 'float32') =>
      withEngine(languageModel('llama'), held ? { held } : LITTLE_MEMORY, async (engine) => {
        const [{ tokenLogprobs } = { tokenLogprobs: [] }] = await engine.score([sequence]);
        return tokenLogprobs;
      });
    const [stored, converted] = [await scores(), await scores('float32')];
    expect(stored).toHaveLength(3);
    for (const [i, logprob] of stored.entries()) expect(Math.abs(logprob - at(converted, i))).toBeLessThan(1e-5);
  });
});

it('what is in float32 stays so, and what was announced holds for each call', () => {
  const choice = new HeldChoice({ all: null, backboneStays: true, savesMemory: true });
  expect(choice.announce({ passes: 20, tokens: 9000 }).backbone).toBe('as-stored');
  expect(choice.forScores({ passes: 20, tokens: 20 })).toEqual({ backbone: 'as-stored', head: 'as-stored' });
  expect(choice.announce({ passes: 20, tokens: 20 })).toEqual({ backbone: 'float32', head: 'as-stored' });
  expect(choice.announce({ passes: 20, tokens: 9000 }).backbone).toBe('float32');
  expect(choice.forGenerating()).toEqual({ backbone: 'float32', head: 'float32' });
  expect(choice.forScores({ passes: 1, tokens: 1 })).toEqual({ backbone: 'float32', head: 'float32' });
});

it('expanding takes less than a seventh of the time from 700 tokens of a pass on, or where little is computed', () => {
  expect(isFastAsStored({ passes: 8, tokens: 8 }, true)).toBe(true);
  expect(isFastAsStored({ passes: 100, tokens: 100 * 600 }, true)).toBe(false);
  expect(isFastAsStored({ passes: 100, tokens: 100 * 700 }, true)).toBe(true);
});

it('expanding in each pass is slower from the ninth on, however many tokens it has', () => {
  expect(isFastAsStored({ passes: 8, tokens: 8000 }, false)).toBe(true);
  expect(isFastAsStored({ passes: 9, tokens: 9000 }, false)).toBe(false);
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
