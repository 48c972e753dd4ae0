import { readdirSync } from 'node:fs';
import type { FullCheckpoint } from '@shadow-gate/checkpoints/formats';
import { openSession, tensor } from '@shadow-gate/checkpoints/onnx';
import { ElementType, Graph, onnxElementType } from '@shadow-gate/checkpoints/onnx/graph';
import type { TensorEntry } from '@shadow-gate/checkpoints/tensors';
import { UserError } from '@shadow-gate/platform';
import { afterEach, expect, it, vi } from 'vitest';
import { temporaryFolder } from '../../../../test/fixtures.ts';
import { CPU, languageModel } from '../../../../test/language-models.ts';
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
  'weights that are expanded before a session change no answer: %s',
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

/** A graph that adds prepared numbers of both types, in parts of several sessions. */
function preparedGraph(): Graph {
  const graph = new Graph();
  const x = graph.input('x', ElementType.float32, [1]);
  const numbers = (values: readonly number[]) => (part: Graph) => part.constant(values, 'float32');
  const floats = graph.prepared([4], [numbers([1, 2]), numbers([3, 4])]);
  const bytes = graph.prepared([4], [(part) => part.constant([5, 6, 7, 255], 'uint8')], ElementType.uint8);
  const sum = graph.op('Add', [floats, graph.cast(bytes, ElementType.float32)]);
  graph.output('y', graph.op('Add', [sum, x]), ElementType.float32);
  return graph;
}

it('prepared numbers are in a temporary file that is gone once the session is open', async () => {
  const folder = temporaryFolder();
  vi.stubEnv('TMPDIR', folder);
  const session = await openSession(preparedGraph(), CPU);
  expect(readdirSync(folder)).toEqual([]);
  const { y } = await session.run({ x: tensor.float32(Float32Array.of(10), [1]) });
  expect([...((y?.data as Float32Array) ?? [])]).toEqual([16, 18, 20, 269]);
  await session.release();
});

it('where no temporary file can be made, the error says what to set, and nothing is left', async () => {
  vi.stubEnv('TMPDIR', '/nonexistent/folder');
  const opening = openSession(preparedGraph(), CPU);
  await expect(opening).rejects.toBeInstanceOf(UserError);
  await expect(opening).rejects.toThrow(/weights .* go to a temporary file, and \/nonexistent\/folder takes none/);
});

it('a recipe that fails leaves no file', async () => {
  const folder = temporaryFolder();
  vi.stubEnv('TMPDIR', folder);
  const graph = preparedGraph();
  graph.prepared([2], [(part) => part.op('NoSuchOperator', [part.constant([1], 'float32')])]);
  await expect(openSession(graph, CPU)).rejects.toThrow(/NoSuchOperator/);
  expect(readdirSync(folder)).toEqual([]);
});

afterEach(() => vi.unstubAllEnvs());
