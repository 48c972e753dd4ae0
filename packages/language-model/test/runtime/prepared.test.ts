import { writeFileSync } from 'node:fs';
import os from 'node:os';
import { join } from 'node:path';
import { openReference } from '@shadow-gate/checkpoints';
import type { FullCheckpoint } from '@shadow-gate/checkpoints/formats';
import { readExternalBytes } from '@shadow-gate/checkpoints/onnx';
import { type Graph, onnxElementType } from '@shadow-gate/checkpoints/onnx/graph';
import type { TensorEntry } from '@shadow-gate/checkpoints/tensors';
import { describeDecoder } from '@shadow-gate/language-model';
import { expect, it, vi } from 'vitest';
import { temporaryFolder } from '../../../../test/fixtures.ts';
import { languageModel } from '../../../../test/language-models.ts';
import { Weights } from '../../src/architectures/weights.ts';
import { wholeBackbone } from '../../src/graph/backbone.ts';
import { withEngine } from './engines.ts';
import { plainSequences, promptsOf, sharingSequences } from './layered.ts';

// As if the weights of the fixtures were large.
vi.mock('../../../checkpoints/src/tensors/tensor-value.ts', async (importOriginal) => {
  const original = await importOriginal<typeof import('../../../checkpoints/src/tensors/tensor-value.ts')>();
  return {
    ...original,
    preparedValue: (graph: Graph, entry: TensorEntry, dims: readonly number[] = entry.shape) =>
      entry.recipe ? graph.prepared(dims, [entry.recipe.expand]) : original.tensorValue(graph, entry, dims),
  };
});

/** Recipes that only read the numbers, of all matrices but tables. */
function asQuantized(checkpoint: FullCheckpoint): FullCheckpoint {
  const tensors = [...checkpoint.tensors].map(([name, entry]): [string, TensorEntry] => {
    if (entry.shape.length !== 2 || /embed_tokens|embed_positions|wte|wpe/.test(name)) return [name, entry];
    const expand = (graph: Graph) => graph.cast(graph.external(entry, onnxElementType(entry), entry.shape), 1);
    const recipe = { stored: [entry], parameters: [], expand, steps: expand };
    return [name, { ...entry, dtype: 'test', recipe }];
  });
  return { ...checkpoint, tensors: new Map(tensors) };
}

it.each(['gemma4-text', 'llama', 'gpt2', 'opt-350m', 'qwen3-next'])(
  'weights that are expanded before a session change no answer, with embeddings in a session of their own: %s',
  async (name) => {
    const answers = (edit?: typeof asQuantized) =>
      withEngine(languageModel(name), edit ? { edit } : { held: 'float32' }, async (engine) => ({
        plain: await engine.score(plainSequences(engine)),
        sharing: await engine.score(sharingSequences(engine)),
        made: await engine.generate(promptsOf(engine)),
      }));
    const [known, found] = [await answers(), await answers(asQuantized)];
    const flat = ({ plain, sharing }: typeof known) =>
      [...plain, ...sharing].flatMap(({ tokenLogprobs }) => [...tokenLogprobs]);
    for (const [i, logprob] of flat(found).entries()) expect(logprob).toBeCloseTo(flat(known)[i] ?? 0, 5);
    expect(found.made).toEqual(known.made);
  },
);

it.each(['gemma3n-text', 'gemma4-text', 'llama'])('tables stay in their files: %s', async (name) => {
  const checkpoint = asQuantized(await openReference(languageModel(name)));
  const decoder = describeDecoder(checkpoint);
  const weights = new Weights(checkpoint, decoder, null, { held: 'float32' });
  const options = { attention: 'concat', fuseExperts: false, useKvCache: true } as const;
  const [embeddings, layers] = wholeBackbone(decoder, weights, options);
  expect(embeddings?.preparations).toEqual([]);
  expect(layers?.preparations.length).toBeGreaterThan(0);
  const inMemory = layers?.inMemory.map(({ data }) => (data as TensorEntry).name) ?? [];
  expect(inMemory.filter((tensor) => tensor.includes('embed_tokens'))).toEqual([]);
});

it('counts what sessions copy while they open, also where weights of 16 bits stay as they are stored', async () => {
  const batchBytes = 1e9;
  vi.spyOn(Weights.prototype, 'bytes').mockReturnValue(4e9);
  vi.spyOn(os, 'totalmem').mockReturnValue(16e9);
  const executionIn = (memoryLimit: number) =>
    withEngine(
      languageModel('llama'),
      { edit: asQuantized, batchBytes, memoryLimit },
      async ({ execution }) => execution,
    );
  // Weights, a batch, and what Node and onnxruntime take; the fixture itself is small.
  expect(await executionIn(5.5e9)).toBe('layer by layer');
  expect(await executionIn(5.51e9)).toBe('whole');
  vi.restoreAllMocks();
});

it('reads a part of a file in several reads', async () => {
  const file = join(temporaryFolder(), 'bytes');
  writeFileSync(
    file,
    Uint8Array.from({ length: 100 }, (_, i) => i),
  );
  expect(await readExternalBytes({ file, offset: 7, byteLength: 20 }, 8)).toEqual(
    Uint8Array.from({ length: 20 }, (_, i) => 7 + i),
  );
  await expect(readExternalBytes({ file, offset: 90, byteLength: 20 }, 8)).rejects.toThrow('became shorter');
  await expect(readExternalBytes({ file, offset: 0, byteLength: 2 ** 54 })).rejects.toThrow(
    'has to be read into memory',
  );
});
