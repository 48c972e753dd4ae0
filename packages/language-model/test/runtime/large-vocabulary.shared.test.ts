import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openReference } from '@shadow-gate/checkpoints';
import { float32Output, int64Output, openSession, tensor } from '@shadow-gate/checkpoints/onnx';
import type { Graph } from '@shadow-gate/checkpoints/onnx/graph';
import { describeDecoder } from '@shadow-gate/language-model';
import { at } from '@shadow-gate/platform';
import { expect, it } from 'vitest';
import { readJson, temporaryFolder } from '../../../../test/fixtures.ts';
import { CPU, languageModel } from '../../../../test/language-models.ts';
import { readTensors } from '../../../checkpoints/test/read-tensors.ts';
import { float32, type RawTensor, writeSafetensors } from '../../../checkpoints/test/write-safetensors.ts';
import { generator } from '../../../platform/test/random.ts';
import { Weights } from '../../src/architectures/weights.ts';
import { buildHead, HEAD } from '../../src/graph/head.ts';
import { buildSlicedHead, headSlices } from '../../src/graph/sliced-head.ts';
import { rowsOf, withEngine } from './engines.ts';

/** As many tokens as Gemma has. */
const VOCABULARY = 262_144;

/** A sum in float32 that runs over so many one after the other is 3e-4 too small. */
const PER_TOKEN = 2e-5;

/** Two tokens whose logits are the same, in slices of their own: the first one is the most likely. */
const TWINS = [9000, 200_000] as const;

/** The fixture of Qwen 3 with the embeddings, and so the output layer, of a vocabulary of this size. */
function enlarged(embeddingsAs: (shape: readonly number[], values: readonly number[]) => RawTensor = float32): string {
  const source = languageModel('qwen3');
  const { hidden_size: hidden, ...config } = readJson<{ hidden_size: number }>(join(source, 'config.json'));
  const random = generator(7);
  const rows = Array.from({ length: VOCABULARY * hidden }, () => 3 * (random() - 0.5));
  for (let i = 0; i < hidden; i += 1) for (const token of TWINS) rows[token * hidden + i] = 4;
  const tensors = Object.fromEntries(
    [...readTensors(join(source, 'model.safetensors'))].flatMap(([name, { shape, values }]) =>
      name === 'lm_head.weight' ? [] : [[name, float32(shape, [...values])]],
    ),
  );
  const folder = temporaryFolder();
  const embeddings = { 'model.embed_tokens.weight': embeddingsAs([VOCABULARY, hidden], rows) };
  writeSafetensors(join(folder, 'model.safetensors'), { ...tensors, ...embeddings });
  const own = { hidden_size: hidden, vocab_size: VOCABULARY, tie_word_embeddings: true };
  writeFileSync(join(folder, 'config.json'), JSON.stringify({ ...config, ...own }));
  return folder;
}

/** The upper halves of float32. */
function bfloat16(shape: readonly number[], values: readonly number[]): RawTensor {
  const halves = new Uint16Array(Float32Array.from(values).buffer).filter((_, i) => i % 2 === 1);
  return { dtype: 'BF16', shape, data: new Uint8Array(halves.buffer) };
}

it('by slices of the vocabulary, the output layer computes the same to the last bit', async () => {
  const path = enlarged(bfloat16);
  const checkpoint = await openReference(path);
  const decoder = describeDecoder(checkpoint);
  const weights = new Weights(checkpoint, decoder, null, { held: 'as-stored' });
  const slices = headSlices(decoder, weights);
  expect(slices).toHaveLength(32);
  // In float32, nothing would keep the logits of all slices from being in memory together.
  expect(headSlices(decoder, new Weights(checkpoint, decoder, null, { held: 'float32' }))).toBeNull();
  const tokens = [0, 8191, 8192, 200_000, VOCABULARY - 1];
  const random = generator(3);
  // In the first row the twins are the most likely.
  const hidden = Float32Array.from({ length: 3 * decoder.hidden }, (_, i) => (i < decoder.hidden ? 1 : random() - 0.5));
  const feeds = {
    [HEAD.hidden]: tensor.float32(hidden, [3, decoder.hidden]),
    [HEAD.targets]: tensor.int64(
      tokens.flatMap((token, i) => [i % 3, token]),
      [tokens.length, 2],
    ),
    [HEAD.scaledRows]: tensor.int64([0, 2], [2]),
    [HEAD.predictedRows]: tensor.int64([1, 2], [2]),
  };
  const outputsOf = async (graph: Graph) => {
    const session = await openSession(graph, CPU);
    const outputs = await session.run(feeds, [
      HEAD.logprobs,
      HEAD.total,
      HEAD.best,
      HEAD.scaledTotals,
      HEAD.predicted,
      HEAD.predictedLogits,
    ]);
    await session.release();
    const numbers = [HEAD.logprobs, HEAD.total, HEAD.scaledTotals, HEAD.predictedLogits].map((name) =>
      float32Output(outputs, name),
    );
    return [...numbers, int64Output(outputs, HEAD.best), int64Output(outputs, HEAD.predicted)];
  };
  const sliced = await outputsOf(buildSlicedHead(decoder, weights, slices ?? []));
  expect(sliced).toEqual(await outputsOf(buildHead(decoder, weights)));
  expect(sliced[4]?.[0]).toBe(TWINS[0]);
});

it('log-probabilities over a large vocabulary are those of float64', async () => {
  const tokens = [5, 262_000, 77, 131_072, 9];
  await withEngine(enlarged(), {}, async (engine) => {
    const [score] = await engine.score([{ context: tokens.slice(0, 1), continuation: tokens.slice(1) }]);
    const rows = rowsOf(await engine.logits(tokens), VOCABULARY);
    for (const [i, token] of tokens.slice(1).entries()) {
      const row = at(rows, i);
      const total = Math.log(row.reduce((sum, logit) => sum + Math.exp(logit), 0));
      expect(Math.abs(at(score?.tokenLogprobs ?? [], i) - ((row[token] as number) - total))).toBeLessThan(PER_TOKEN);
    }
  });
});
