import { boundedValue } from '@shadow-gate/spectra/bounded';
import { describe, expect, it } from 'vitest';
import { flattenMetrics } from '../../src/measure/aggregate.ts';
import { openMeasuredReference } from '../../src/measure/open-measured.ts';
import type { Measurement, TensorMeasurement } from '../../src/measure/schema/measurement.ts';
import { fixture, readJson } from '../fixtures.ts';
import { measurePath } from './measure-path.ts';

interface Expected {
  module: string;
  layer: number | null;
  component: string | null;
  expert: number | null;
  shape: number[];
  singularValues: number[];
  metrics: Record<string, number>;
}
interface Answers {
  weight?: Record<string, Expected>;
  delta?: Record<string, Expected>;
  model?: { mlpAttentionRatio: number; updateSize: number; unchanged: string[] };
}

/** Promised are 1e-5 σ₁ for σ and 1e-4 for energy metrics. LAPACK and this code agree far better. */
const SIGMA_TOLERANCE = 1e-7;
const METRIC_TOLERANCE = 1e-6;

interface Found extends TensorMeasurement {
  singularValues: readonly number[];
}

async function measureAll(
  checkpoint: string,
  reference?: string,
): Promise<{ found: Found[]; measurement: Measurement }> {
  const found: Found[] = [];
  const measurement = await measurePath({
    checkpoint,
    reference: await openMeasuredReference(reference),
    device: 'cpu',
    onSpectrum: (tensor, values) => found.push({ ...tensor, singularValues: [...values] }),
  });
  return { found, measurement };
}

function compareWith(expected: Record<string, Expected>, found: readonly Found[]): void {
  expect(found.map(({ name }) => name).sort()).toEqual(Object.keys(expected).sort());
  for (const tensor of found) {
    const answer = expected[tensor.name] as Expected;
    const { module, layer, component, expert, shape } = answer;
    expect(tensor, tensor.name).toMatchObject({ module, layer, component, expert, shape });
    const largest = answer.singularValues[0] ?? 0;
    expect(tensor.singularValues.length, tensor.name).toBe(answer.singularValues.length);
    tensor.singularValues.forEach((sigma, i) => {
      expect(Math.abs(sigma - (answer.singularValues[i] ?? 0)) / largest, `${tensor.name} σ${i}`).toBeLessThan(
        SIGMA_TOLERANCE,
      );
    });
    const metrics = flattenMetrics(tensor.metrics ?? expect.fail(`${tensor.name} has no metrics`));
    for (const [key, value] of Object.entries(answer.metrics)) {
      expect(
        Math.abs(boundedValue(metrics[key] ?? Number.NaN) / value - 1),
        `${tensor.name} ${key}: ${metrics[key]} for ${value}`,
      ).toBeLessThan(METRIC_TOLERANCE);
    }
  }
}

describe('spectra of weights', () => {
  it.each([
    'llama-f64',
    'llama-f32',
    'llama-f16',
    'llama-bf16',
    'gpt2',
    'gpt-neox',
    'falcon',
    'phi3',
    'mixtral',
    'gpt-oss',
    'llava',
  ])('agree with LAPACK: %s', async (name) => {
    const { found } = await measureAll(fixture(name));
    compareWith(readJson<Answers>(fixture(name, 'expected.json')).weight ?? {}, found);
  });

  it('leave out integers and 8-bit floats, and list them as skipped', async () => {
    const { measurement } = await measureAll(fixture('llama-f32'));
    expect(measurement.skipped).toEqual([
      { name: 'model.scale', reason: 'dtype F8_E4M3 is not measured', dtype: 'F8_E4M3', parameters: 2 },
      { name: 'model.steps', reason: 'dtype I64 is not measured', dtype: 'I64', parameters: 0 },
    ]);
  });
});

describe('spectra of updates', () => {
  it.each([
    ['lora', 'llama-f32'],
    ['lora-gpt2', 'gpt2'],
    ['lora-phi3', 'phi3'],
  ])('agree with LAPACK: adapter %s on %s', async (name, base) => {
    const { found } = await measureAll(fixture(name), fixture(base));
    compareWith(
      readJson<Answers>(fixture(name, 'expected.json')).delta ?? {},
      found.filter(({ of }) => of === 'delta'),
    );
  });

  it('agree with LAPACK for an adapter alone, whose fused module is split by the config of the base that it names', async () => {
    const { found } = await measureAll(fixture('lora-phi3'));
    const { delta = {} } = readJson<Answers>(fixture('lora-phi3', 'expected.json'));
    // How far the weights moved is known only with the weights of the base.
    for (const { metrics } of Object.values(delta)) delete metrics.updateSize;
    compareWith(delta, found);
  });

  it('agree with LAPACK for a fine-tune in bfloat16, in every metric and those of the model', async () => {
    const { found, measurement } = await measureAll(fixture('llama-tuned'), fixture('llama-bf16'));
    const { delta = {}, model } = readJson<Answers>(fixture('llama-tuned', 'expected.json'));
    const updates = found.filter(({ of }) => of === 'delta');
    compareWith(
      delta,
      updates.filter(({ metrics }) => metrics !== null),
    );
    expect(updates.filter(({ metrics }) => metrics === null).map(({ name }) => name)).toEqual(model?.unchanged);
    expect(measurement.model.delta?.mlpAttentionRatio).toBeCloseTo(model?.mlpAttentionRatio ?? 0, 8);
    expect(measurement.model.delta?.updateSize).toBeCloseTo(model?.updateSize ?? 0, 8);
    expect(measurement.model.delta?.unchanged).toBe(1);
  });
});
