import { openSync, readSync } from 'node:fs';
import { readSafetensorsHeader } from '@shadow-gate/checkpoints/formats';
import { expect, it } from 'vitest';
import { openMeasuredReference } from '../../src/measure/open-measured.ts';
import { readJson, shared } from '../fixtures.ts';
import { describeNeeds } from '../needs.ts';
import { measurePath } from './measure-path.ts';

/**
 * Larger checkpoints with reference spectra (numpy in float64), which some machines have next to the repository. The
 * fixtures in the repository cover the same code.
 */
const TOLERANCE = 1e-7;

type Values = Record<string, readonly number[]>;

async function singularValues(checkpoint: string, of: 'weight' | 'delta', reference?: string): Promise<Values> {
  const found: Values = {};
  await measurePath({
    checkpoint,
    reference: await openMeasuredReference(reference),
    device: 'cpu',
    onSpectrum: (tensor, values) => {
      if (tensor.of === of) found[tensor.name] = [...values];
    },
  });
  return found;
}

function expectClose(found: Values, expected: Values, tolerance = TOLERANCE): void {
  expect(Object.keys(found).sort()).toEqual(Object.keys(expected).sort());
  for (const [name, values] of Object.entries(expected)) {
    const largest = values[0] ?? 0;
    values.forEach((value, i) => {
      expect(Math.abs((found[name]?.[i] ?? Number.NaN) - value) / largest, `${name} σ${i}`).toBeLessThan(tolerance);
    });
  }
}

async function readVectors(file: string, prefix: string): Promise<Values> {
  const descriptor = openSync(file, 'r');
  const entries = await readSafetensorsHeader(file);
  return Object.fromEntries(
    entries
      .filter(({ name }) => name.startsWith(prefix))
      .map(({ name, offset, byteLength }) => {
        const bytes = new Uint8Array(byteLength);
        readSync(descriptor, bytes, 0, byteLength, offset);
        return [name.slice(prefix.length), [...new Float32Array(bytes.buffer)]];
      }),
  );
}

const models = shared('models');
const zoo = shared('zoo');
const golden = shared('golden');

describeNeeds(Boolean(models), '../shared/models')('stories260K, a real language model', () => {
  it('has the spectra that LAPACK computes', async () => {
    const answers = readJson<Record<string, { singularValues: number[] }>>(`${models}/golden_spectra.json`);
    const expected = Object.fromEntries(Object.entries(answers).map(([name, answer]) => [name, answer.singularValues]));
    expectClose(await singularValues(`${models}/stories260K`, 'weight'), expected);
  });
});

interface ZooAnswers {
  pairs: Array<{
    base: string;
    tuned: string;
    aggregate: { mlp_attn_ratio: number };
    tensors: Array<{ name: string; singular_values: number[] }>;
  }>;
}

describeNeeds(Boolean(zoo), '../shared/zoo')('real fine-tunes', () => {
  it('have the update spectra and the ratio that numpy computes', async () => {
    for (const { base, tuned, aggregate, tensors } of readJson<ZooAnswers>(`${zoo}/spectra_golden.json`).pairs) {
      const expected = Object.fromEntries(tensors.map((tensor) => [tensor.name, tensor.singular_values]));
      expectClose(await singularValues(`${zoo}/${tuned}`, 'delta', `${zoo}/${base}`), expected);
      const reference = await openMeasuredReference(`${zoo}/${base}`);
      const { model } = await measurePath({ checkpoint: `${zoo}/${tuned}`, reference, device: 'cpu' });
      expect(model.delta?.mlpAttentionRatio, tuned).toBeCloseTo(aggregate.mlp_attn_ratio, 8);
    }
  });
});

describeNeeds(Boolean(golden), '../shared/golden')('checkpoints of transformers and PEFT', () => {
  it('have the spectra of torch, including the convolution of a LLaVA model', async () => {
    const file = `${golden}/vlm-llava/golden.safetensors`;
    // Stored in float32.
    expectClose(await singularValues(`${golden}/vlm-llava`, 'weight'), await readVectors(file, 'sv.'), 1e-6);
  });

  it('have the spectra of the dense update for an adapter', async () => {
    const dense = await singularValues(`${golden}/lora-llama-gqa/golden_delta.safetensors`, 'weight');
    expectClose(await singularValues(`${golden}/lora-llama-gqa`, 'delta'), dense, 1e-6);
  });
});
