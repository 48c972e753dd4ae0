import { openReference } from '@shadow-gate/checkpoints';
import type { Adapter, LoraModule } from '@shadow-gate/checkpoints/adapter';
import type { FullCheckpoint } from '@shadow-gate/checkpoints/formats';
import { listMatrices, type MatrixContext } from '@shadow-gate/checkpoints/matrices';
import { isEmbedding } from '@shadow-gate/checkpoints/naming';
import type { TensorEntry } from '@shadow-gate/checkpoints/tensors';
import { FolderFiles } from '@shadow-gate/platform/files';
import { describe, expect, it } from 'vitest';
import { LANGUAGE_MODELS, languageModel } from '../../../test/language-models.ts';
import { contextOf, FAMILIES, familyOf } from '../../checkpoints/test/weight-names.ts';
import { planAdapter } from '../src/plan-adapter.ts';

const factor = (base: TensorEntry, name: string, shape: readonly number[]): TensorEntry => {
  const size = shape.reduce((product, dimension) => product * dimension, 1);
  return { ...base, name: `${base.name}.${name}`, shape, size };
};

/** An adapter of rank 1 of this weight; only its shapes are looked at. */
function moduleOf(weight: TensorEntry, transposed: boolean): LoraModule {
  const [first = 1, second = 1] = weight.shape;
  const [output, input] = transposed ? [second, first] : [first, second];
  return {
    target: weight.name,
    a: factor(weight, 'lora_A', [1, input]),
    b: factor(weight, 'lora_B', [output, 1]),
    rank: 1,
    scale: 1,
    transposed,
    magnitude: null,
  };
}

/** An adapter of every matrix of two dimensions that is the weight of a linear layer. */
function expectSamePlaces(model: MatrixContext, config: Record<string, unknown>): void {
  const named = (path: string) => ({ path, files: new FolderFiles(path) });
  const own = { format: 'safetensors', config, onnx: null, remote: null } as const;
  const reference: FullCheckpoint = { ...model, ...own, ...named('base') };
  const adapted = listMatrices(model).matrices.filter(
    ({ source, place }) => source.shape.length === 2 && source.name.endsWith('.weight') && !isEmbedding(place.module),
  );
  const isConv1D = model.architecture.layoutType === 'gpt2';
  const modules = [...new Set(adapted.map(({ source }) => source))].map((source) => moduleOf(source, isConv1D));
  const adapter: Adapter = {
    format: 'lora',
    ...named('adapter'),
    modules,
    saved: new Map(),
    tensors: new Map(),
    config: {},
    architecture: model.architecture,
    remote: null,
  };
  const found = planAdapter(adapter, reference).jobs.map(({ name, place, shape }) => ({ name, place, shape }));
  const expected = adapted.map(({ name, place, view }) => ({ name, place, shape: view.shape }));
  const byName = (a: { readonly name: string }, b: { readonly name: string }) => (a.name < b.name ? -1 : 1);
  expect(found.sort(byName)).toEqual(expected.sort(byName));
}

describe('the update of a weight has the name, the module type and the parts of the weight', () => {
  it.each(LANGUAGE_MODELS)('of %s', async (name) => {
    const model = await openReference(languageModel(name));
    expectSamePlaces(model, model.config ?? {});
  });

  it.each(FAMILIES)('of %s, which does not run', (name) => {
    expectSamePlaces(contextOf(name), familyOf(name).config);
  });
});
