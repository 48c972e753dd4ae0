import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { openCheckpoint, openReference } from '@shadow-gate/checkpoints';
import { planSpectra } from '@shadow-gate/spectra';
import { describe, expect, it } from 'vitest';
import {
  exportToOnnx,
  initializer,
  node,
  readTensors,
  transposed,
  writeOnnx,
} from '../../../packages/checkpoints/test/write-onnx.ts';
import { float32 } from '../../../packages/checkpoints/test/write-safetensors.ts';
import { check } from '../../../src/gate/check.ts';
import { openMeasuredReference } from '../../../src/measure/open-measured.ts';
import type { TensorMeasurement } from '../../../src/measure/schema/measurement.ts';
import { fixture, readJson, temporaryFolder } from '../../fixtures.ts';
import { checkOptions } from '../../gate/check-options.ts';
import { reasonsOf } from '../../gate/reasons.ts';
import { measurePath } from '../measure-path.ts';

interface Answer {
  readonly module: string;
  readonly layer: number | null;
  readonly shape: readonly number[];
  readonly singularValues: readonly number[];
}
type Found = TensorMeasurement & { readonly singularValues: readonly number[] };

async function spectraOf(checkpoint: string, reference?: string): Promise<Found[]> {
  const found: Found[] = [];
  await measurePath({
    checkpoint,
    reference: await openMeasuredReference(reference),
    device: 'cpu',
    onSpectrum: (tensor, values) => found.push({ ...tensor, singularValues: [...values] }),
  });
  return found;
}

function expectClose(found: readonly number[], expected: readonly number[], name: string): void {
  expect(found.length, name).toBe(expected.length);
  const largest = expected[0] ?? 0;
  found.forEach((sigma, i) => {
    expect(Math.abs(sigma - (expected[i] ?? 0)) / largest, `${name} σ${i}`).toBeLessThan(1e-7);
  });
}

describe('the spectra of an ONNX model', () => {
  it.each([
    ['llama-f64', undefined],
    ['llama-f32', undefined],
    ['llama-f16', undefined],
    ['llama-bf16', undefined],
    ['llama-bf16', 'model.onnx_data'],
    ['llama-f32', 'model.onnx_data'],
  ])('%s, elements in %s', async (name, data) => {
    const path = join(temporaryFolder(), 'model.onnx');
    exportToOnnx(fixture(name, 'model.safetensors'), path, data);
    copyFileSync(fixture(name, 'config.json'), join(path, '..', 'config.json'));
    const answers = readJson<{ weight: Record<string, Answer> }>(fixture(name, 'expected.json')).weight;
    const found = await spectraOf(path);
    // The names too: a weight that the exporter renamed is called after its module again.
    expect(found.map((tensor) => tensor.name).sort()).toEqual(Object.keys(answers).sort());
    for (const tensor of found) {
      const { module, layer, shape, singularValues } = answers[tensor.name] as Answer;
      expect(tensor).toMatchObject({ module, layer });
      expect([...tensor.shape].sort(), tensor.name).toEqual([...shape].sort());
      expectClose(tensor.singularValues, singularValues, tensor.name);
    }
  });

  it('include those of the update, and a folder with one model is enough', async () => {
    const [candidate, reference] = [temporaryFolder(), temporaryFolder()];
    exportToOnnx(fixture('llama-tuned', 'model.safetensors'), join(candidate, 'model.onnx'));
    exportToOnnx(fixture('llama-f32', 'model.safetensors'), join(reference, 'model.onnx'), 'weights.bin');
    const expected = await spectraOf(fixture('llama-tuned'), fixture('llama-f32'));
    const found = await spectraOf(candidate, reference);
    const updates = found.filter(({ of }) => of === 'delta');
    expect(updates.length).toBe(expected.filter(({ of }) => of === 'delta').length);
    for (const update of updates) {
      const same = expected.find(({ name, of }) => name === update.name && of === 'delta');
      if (update.status === 'measured') expectClose(update.singularValues, same?.singularValues ?? [], update.name);
      else expect(update.status).toBe(same?.status);
    }
  });

  it('are those of split fused projections, as in safetensors, whichever way they are stored', async () => {
    const folder = temporaryFolder();
    exportToOnnx(fixture('phi3', 'model.safetensors'), join(folder, 'model.onnx'));
    copyFileSync(fixture('phi3', 'config.json'), join(folder, 'config.json'));
    const answers = readJson<{ weight: Record<string, Answer> }>(fixture('phi3', 'expected.json')).weight;
    const found = await spectraOf(folder);
    expect(found.map(({ name }) => name).sort()).toEqual(Object.keys(answers).sort());
    for (const tensor of found) {
      const { module, singularValues } = answers[tensor.name] as Answer;
      expect(tensor.module, tensor.name).toBe(module);
      expectClose(tensor.singularValues, singularValues, tensor.name);
    }
  });
});

/** How spectra are computed does not matter here. */
const PREFERENCES = { method: 'auto', device: { name: 'cpu', reason: 'test' } } as const;

describe('an update ΔW', () => {
  const square = float32([2, 2], [1, 2, 3, 4]);
  const name = 'model.layers.0.self_attn.q_proj.weight';

  it('is never computed from a weight and its transpose, even if the shapes agree', async () => {
    const folder = temporaryFolder();
    const gemm = writeOnnx(join(folder, 'gemm.onnx'), {
      tensors: [initializer(name, square)],
      nodes: [node('Gemm', ['x', name], { transB: 1 })],
    });
    const matMul = writeOnnx(join(folder, 'matmul.onnx'), {
      tensors: [initializer(name, transposed(square))],
      nodes: [node('MatMul', ['x', name])],
    });
    const candidate = await openCheckpoint(gemm);
    expect(() => planSpectra(candidate, null, PREFERENCES)).not.toThrow();
    const reference = await openReference(matMul);
    expect(() => planSpectra(candidate, reference, PREFERENCES)).toThrow(/is not the reference of/);
  });

  it('is never computed from an ONNX model and safetensors weights', async () => {
    const path = join(temporaryFolder(), 'model.onnx');
    exportToOnnx(fixture('llama-f32', 'model.safetensors'), path);
    const [onnx, safetensors] = await Promise.all([openReference(path), openReference(fixture('llama-f32'))]);
    expect(() => planSpectra(onnx, safetensors, PREFERENCES)).toThrow(/different formats/);
    expect(() => planSpectra(safetensors, onnx, PREFERENCES)).toThrow(/different formats/);
    const adapter = await openCheckpoint(fixture('lora'));
    expect(() => planSpectra(adapter, onnx, PREFERENCES)).toThrow(/different formats/);
  });
});

it('an ONNX model is not compared with safetensors weights, whose tensors have other shapes', async () => {
  const folder = temporaryFolder();
  exportToOnnx(fixture('llama-f32', 'model.safetensors'), join(folder, 'model.onnx'));
  copyFileSync(fixture('llama-f32', 'config.json'), join(folder, 'config.json'));
  const options = { checkpoint: folder, only: 'spectra', device: 'cpu' } as const;
  const { report } = await check(checkOptions({ ...options, baseline: fixture('llama-f32') }));
  expect(report.verdict).toBe('inconclusive');
  expect(reasonsOf(report)[0]?.message).toMatch(
    /different tensors: .* is \[24, 16\] in the candidate and \[16, 24\] in the baseline/,
  );
  const own = await check(checkOptions({ ...options, baseline: join(folder, 'model.onnx') }));
  expect(own.report.verdict).toBe('pass');
});

it('every element of an ONNX model is read at any offset: raw data is not aligned', async () => {
  const tensor = readTensors(fixture('llama-f64', 'model.safetensors')).get('lm_head.weight');
  if (!tensor) throw new Error('the fixture has no lm_head');
  const spectra: number[][] = [];
  for (const pad of [0, 1, 2, 3, 5, 7]) {
    const path = join(temporaryFolder(), `${pad}.onnx`);
    const name = `a${'b'.repeat(pad)}`;
    writeOnnx(path, { tensors: [initializer(name, tensor)], nodes: [node('MatMul', ['x', name])] });
    const [found] = await spectraOf(path);
    spectra.push([...(found?.singularValues ?? [])]);
  }
  for (const values of spectra) expect(values).toEqual(spectra[0]);
});
