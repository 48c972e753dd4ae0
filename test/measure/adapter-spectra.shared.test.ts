import { cpSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { boundedValue } from '@shadow-gate/spectra/bounded';
import { describe, expect, it } from 'vitest';
import {
  adapterFixture,
  adapterWith,
  baseOf,
  expectedOf,
  MEASURED_ADAPTERS,
} from '../../packages/checkpoints/test/adapter/adapters.ts';
import { readTensors } from '../../packages/checkpoints/test/read-tensors.ts';
import { float32, writeSafetensors } from '../../packages/checkpoints/test/write-safetensors.ts';
import { openMeasuredReference } from '../../src/measure/open-measured.ts';
import { fixture, readJson, temporaryFolder } from '../fixtures.ts';
import { measurePath } from './measure-path.ts';

/** Name → singular values of the updates of an adapter. */
async function updatesOf(name: string, base?: string): Promise<Map<string, readonly number[]>> {
  const found = new Map<string, readonly number[]>();
  await measurePath({
    checkpoint: adapterFixture(name),
    reference: await openMeasuredReference(base),
    device: 'cpu',
    onSpectrum: (tensor, values) => {
      const isUpdate = tensor.loraRank !== undefined || (name.includes('dora') && !tensor.name.includes('base_layer'));
      if (tensor.of === 'delta' && isUpdate) found.set(tensor.name, [...values]);
    },
  });
  return found;
}

const isDora = (name: string) => name.includes('dora');
/** Fused, so that its parts are measured: together they have its energy. */
const isFused = (name: string) => /c_attn/.test(name);

function expectClose(found: Map<string, readonly number[]>, name: string): void {
  const expected = Object.entries(expectedOf(name).singularValues).filter(([target]) => !isFused(target));
  expect([...found.keys()].filter((target) => !isFused(target)).sort()).toEqual(
    expected.map(([target]) => target).sort(),
  );
  for (const [target, values] of Object.entries(expectedOf(name).singularValues).filter(([target]) =>
    isFused(target),
  )) {
    const energy = (sigma: readonly number[]) => sigma.reduce((sum, value) => sum + value ** 2, 0);
    const parts = ['q', 'k', 'v'].map((part) => energy(found.get(`${target}[${part}]`) ?? []));
    expect(Math.min(...parts), target).toBeGreaterThan(0);
    expect((parts[0] ?? 0) + (parts[1] ?? 0) + (parts[2] ?? 0), target).toBeCloseTo(energy(values), 6);
  }
  for (const [target, values] of expected) {
    const own = found.get(target) ?? [];
    expect(own.length, target).toBe(values.length);
    const apart = values.map((value, i) => Math.abs(value - (own[i] ?? Number.NaN)) / (values[0] ?? 1));
    expect(Math.max(...apart), target).toBeLessThan(1e-6);
  }
}

describe('the update of an adapter has the singular values that PEFT or mlx-lm gives it', () => {
  it.each(MEASURED_ADAPTERS.filter((name) => !isDora(name)))('alone: %s', async (name) => {
    expectClose(await updatesOf(name), name);
  });

  it.each(MEASURED_ADAPTERS)('with its base: %s', async (name) => {
    expectClose(await updatesOf(name, baseOf(name)), name);
  });
});

describe('an adapter with DoRA', () => {
  const base = fixture('language-models', 'llama');

  it('cannot be measured without its base model, on which its update depends', async () => {
    await expect(updatesOf('dora')).rejects.toThrow(
      /uses DoRA, whose update depends .* — give the base model as reference/,
    );
  });

  it('has a fast spectrum too, whose bounds hold', async () => {
    const { tensors } = await measurePath({
      checkpoint: adapterFixture('dora'),
      reference: await openMeasuredReference(base),
      device: 'cpu',
      method: 'fast',
    });
    const { singularValues } = expectedOf('dora');
    expect(tensors.map(({ name }) => name).sort()).toEqual(Object.keys(singularValues).sort());
    for (const { name, metrics } of tensors) {
      const energies = (singularValues[name] ?? []).map((value) => value ** 2);
      const total = energies.reduce((sum, energy) => sum + energy, 0);
      const stableRank = metrics?.stableRank ?? expect.fail();
      expect(boundedValue(metrics?.frobeniusNorm ?? Number.NaN)).toBeCloseTo(Math.sqrt(total), 5);
      const { low, high } = typeof stableRank === 'number' ? { low: stableRank, high: stableRank } : stableRank;
      expect(total / (energies[0] ?? 1)).toBeGreaterThan(low * (1 - 1e-5));
      expect(total / (energies[0] ?? 1)).toBeLessThan(high * (1 + 1e-5));
    }
  });

  it('knows how large the update is against its weight', async () => {
    const { tensors } = await measurePath({
      checkpoint: adapterFixture('dora'),
      reference: await openMeasuredReference(base),
      device: 'cpu',
    });
    const weights = readTensors(join(base, 'model.safetensors'));
    for (const { name, metrics } of tensors) {
      const weight = Math.sqrt([...(weights.get(name)?.values ?? [])].reduce((sum, value) => sum + value ** 2, 0));
      expect(metrics?.updateSize).toBeCloseTo(boundedValue(metrics?.frobeniusNorm ?? Number.NaN) / weight, 6);
    }
  });
});

it('an adapted output layer that the base model ties to its embeddings is measured against those', async () => {
  const base = join(temporaryFolder(), 'tied');
  cpSync(fixture('language-models', 'llama'), base, { recursive: true });
  const tensors = [...readTensors(join(base, 'model.safetensors'))].filter(([name]) => name !== 'lm_head.weight');
  writeSafetensors(
    join(base, 'model.safetensors'),
    Object.fromEntries(tensors.map(([name, { shape, values }]) => [name, float32(shape, [...values])])),
  );
  writeFileSync(
    join(base, 'config.json'),
    JSON.stringify({ ...readJson<object>(join(base, 'config.json')), tie_word_embeddings: true }),
  );
  expectClose(await updatesOf('embeddings', base), 'embeddings');
});

it('a copy of the base that an adapter has is compared with it, since PEFT loads the copy', async () => {
  const folder = adapterWith('embeddings', {});
  const file = join(folder, 'adapter_model.safetensors');
  const COPY = 'base_model.model.model.embed_tokens.base_layer.weight';
  const tensors = [...readTensors(file)].map(([name, { shape, values }]) => {
    const changed = name === COPY ? values.map((value, i) => (i === 5 ? value + 1 : value)) : values;
    return [name, float32(shape, [...changed])] as const;
  });
  writeSafetensors(file, Object.fromEntries(tensors));
  const options = {
    reference: await openMeasuredReference(fixture('language-models', 'llama')),
    device: 'cpu',
  } as const;
  const copiesOf = async (checkpoint: string) => {
    const measured = await measurePath({ ...options, checkpoint });
    return measured.tensors.filter(({ name }) => name.includes('base_layer')).map(({ name, status }) => [name, status]);
  };
  expect(await copiesOf(adapterFixture('embeddings'))).toEqual([
    ['lm_head.base_layer.weight', 'zero'],
    ['model.embed_tokens.base_layer.weight', 'zero'],
  ]);
  expect(await copiesOf(folder)).toEqual([
    ['lm_head.base_layer.weight', 'zero'],
    ['model.embed_tokens.base_layer.weight', 'measured'],
  ]);
});

it('so is the copy of an output layer that the base ties to its embeddings', async () => {
  const folder = temporaryFolder();
  cpSync(fixture('merges', 'tied-head', 'adapter'), folder, { recursive: true });
  const options = { reference: await openMeasuredReference(fixture('merges', 'gpt2-f16')), device: 'cpu' } as const;
  const copies = async () =>
    Object.fromEntries(
      (await measurePath({ ...options, checkpoint: folder })).tensors
        .filter(({ name }) => name.includes('base_layer'))
        .map(({ name, status }) => [name, status]),
    );
  expect(await copies()).toEqual({
    'lm_head.base_layer.weight': 'zero',
    'transformer.wte.base_layer.weight': 'zero',
  });
  const file = join(folder, 'adapter_model.safetensors');
  const tensors = [...readTensors(file)].map(([name, { shape, values }]) => {
    const isCopy = name === 'base_model.model.lm_head.base_layer.weight';
    return [name, float32(shape, [...(isCopy ? values.map((value) => 2 * value) : values)])] as const;
  });
  writeSafetensors(file, Object.fromEntries(tensors));
  expect(await copies()).toEqual({
    'lm_head.base_layer.weight': 'measured',
    'transformer.wte.base_layer.weight': 'zero',
  });
});
