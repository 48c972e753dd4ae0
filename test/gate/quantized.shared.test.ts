import { cpSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { type RawTensor, writeSafetensors } from '../../packages/checkpoints/test/write-safetensors.ts';
import { readBaseline } from '../../src/gate/read-baseline.ts';
import { isBelowNoise } from '../../src/measure/aggregate.ts';
import type { Measurement } from '../../src/measure/schema/measurement.ts';
import { parseMeasurement } from '../../src/measure/schema/read.ts';
import { nextSteps } from '../../src/report/summary/finding.ts';
import { plain } from '../../src/report/text/phrase.ts';
import { fixture, temporaryFolder } from '../fixtures.ts';
import { reasonsOf } from './reasons.ts';
import { runGate } from './run-gate.ts';

const ORIGINAL = fixture('llama-f32');
const PROJECTION = /\.(\w+_proj)\.weight$/;

interface Quantized {
  /** As bitsandbytes stores int8: a scale for each row. */
  readonly codes: Record<string, RawTensor>;
  readonly numbers: Float32Array;
}

/** W = code · SCB ÷ 127, rounded to nearest. */
function quantize(name: string, values: Float32Array, [rows = 1, columns = 1]: readonly number[]): Quantized {
  const codes = new Int8Array(values.length);
  const scales = new Float32Array(rows);
  const numbers = new Float32Array(values.length);
  for (let row = 0; row < rows; row += 1) {
    const own = values.subarray(row * columns, (row + 1) * columns);
    const largest = own.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    scales[row] = largest;
    own.forEach((value, i) => {
      codes[row * columns + i] = Math.round((value * 127) / largest);
      numbers[row * columns + i] = Math.fround(
        Math.fround((codes[row * columns + i] ?? 0) * largest) * 7.874015718698502e-3,
      );
    });
  }
  const scaleName = `${name.slice(0, -'weight'.length)}SCB`;
  return {
    codes: {
      [name]: { dtype: 'I8', shape: [rows, columns], data: new Uint8Array(codes.buffer) },
      [scaleName]: { dtype: 'F32', shape: [rows], data: new Uint8Array(scales.buffer) },
    },
    numbers,
  };
}

/** A copy of the fixture whose projections are made of their numbers. */
function copyWith(make: (name: string, tensor: RawTensor, values: Float32Array) => Record<string, RawTensor>): string {
  const folder = join(temporaryFolder(), 'checkpoint');
  cpSync(ORIGINAL, folder, { recursive: true });
  const bytes = readFileSync(join(ORIGINAL, 'model.safetensors'));
  const start = 8 + Number(bytes.readBigUInt64LE(0));
  const header: Record<string, { dtype: string; shape: number[]; data_offsets: [number, number] }> = JSON.parse(
    bytes.toString('utf8', 8, start),
  );
  const tensors = Object.entries(header).flatMap(([name, entry]) => {
    if (name === '__metadata__') return [];
    const data = Uint8Array.prototype.slice.call(bytes, ...entry.data_offsets.map((offset) => start + offset));
    const tensor = { dtype: entry.dtype, shape: entry.shape, data };
    return Object.entries(
      PROJECTION.test(name) ? make(name, tensor, new Float32Array(data.buffer)) : { [name]: tensor },
    );
  });
  writeSafetensors(join(folder, 'model.safetensors'), Object.fromEntries(tensors));
  return folder;
}

const quantized = () => copyWith((name, { shape }, values) => quantize(name, values, shape).codes);

it('a quantized candidate is compared with its baseline by module type, in the words of numbers from outside', async () => {
  const sums = new Map<string, { error: number; norm: number }>();
  const checkpoint = copyWith((name, { shape }, values) => {
    const { codes, numbers } = quantize(name, values, shape);
    const [, module = ''] = PROJECTION.exec(name) ?? [];
    const sum = sums.get(module) ?? { error: 0, norm: 0 };
    values.forEach((value, i) => {
      sum.error += ((numbers[i] ?? 0) - value) ** 2;
      sum.norm += value ** 2;
    });
    sums.set(module, sum);
    return codes;
  });
  const { report } = await runGate({ checkpoint, baseline: ORIGINAL, only: 'spectra' });
  expect(report.verdict).toBe('pass');
  const expected = [...sums]
    .map(([module, { error, norm }]) => ({ module, error: Math.sqrt(error / norm) }))
    .sort((a, b) => b.error - a.error);
  const found = report.quantization?.modules ?? [];
  expect(found.map(({ module }) => module)).toEqual(expected.map(({ module }) => module));
  found.forEach(({ error }, i) => {
    expect(error).toBeCloseTo(expected[i]?.error ?? Number.NaN, 8);
  });
  expect(report.quantization).toMatchObject({ formats: ['INT8 (bitsandbytes)'], notCompared: 0 });
  expect(report.candidate.dtypes).toMatchObject({ 'INT8 (bitsandbytes)': 28 });
  expect(reasonsOf(report)).toContainEqual(expect.objectContaining({ rule: 'quantization-error', level: 'info' }));
  // What lost answers is told to be quantized less, not to be trained again.
  const lost = { kind: 'accuracy-loss', level: 'fail' } as Parameters<typeof nextSteps>[0];
  expect(nextSteps(lost, report).map(plain).join(' ')).toMatch(/^Quantize less: keep in 16 bits/);
});

it('nothing is said of quantizing where the baseline is stored alike, or not there with its weights', async () => {
  const checkpoint = quantized();
  const same = await runGate({ checkpoint, baseline: checkpoint, only: 'spectra' });
  expect(same.report.quantization).toBeNull();
  const { report } = await runGate({ checkpoint: ORIGINAL, baseline: checkpoint, only: 'spectra' });
  expect(report.quantization).toBeNull();
});

const updatesOf = ({ tensors }: Measurement) =>
  tensors.filter(({ of, module, status }) => of === 'delta' && module.endsWith('_proj') && status === 'measured');

it('an update from a quantized reference that is its rounding is not judged', async () => {
  const { measurement, report } = await runGate({ checkpoint: ORIGINAL, reference: quantized(), only: 'spectra' });
  const updates = updatesOf(measurement);
  expect(updates).toHaveLength(28);
  for (const { metrics } of updates) {
    // Rounding to nearest, as its variance is computed.
    expect(metrics?.referenceSnr).toBeGreaterThan(0.7);
    expect(metrics?.referenceSnr).toBeLessThan(1.4);
    expect(metrics && isBelowNoise(metrics)).toBe(true);
  }
  expect(measurement.model.delta).toMatchObject({ mlpAttentionRatio: null, belowNoise: 28 });
  expect(report.findings).toContainEqual(
    expect.objectContaining({ kind: 'reference-rounding', effect: 'noise', matrices: 28, all: 28 }),
  );
});

it('an update that starts from the quantized numbers themselves is measured, however small it is', async () => {
  const checkpoint = copyWith((name, { dtype, shape }, values) => {
    const { numbers } = quantize(name, values, shape);
    // An update of rank 1, a tenth of the rounding.
    const [, columns = 1] = shape;
    const moved = numbers.map((value, i) => value + 2e-5 * Math.sin(Math.floor(i / columns)) * Math.cos(i % columns));
    return { [name]: { dtype, shape, data: new Uint8Array(moved.buffer) } };
  });
  const { measurement, report } = await runGate({ checkpoint, reference: quantized(), only: 'spectra' });
  const updates = updatesOf(measurement);
  expect(updates).toHaveLength(28);
  for (const { metrics } of updates) {
    expect(metrics?.referenceSnr).toBeLessThan(0.1);
    // Stored in 32 bits, it has no rounding of its own that could hide it.
    expect(metrics?.snr).toBeUndefined();
    expect(metrics?.topEnergy['1']).toBeGreaterThan(0.9);
  }
  expect(measurement.model.delta?.belowNoise).toBe(0);
  expect(report.findings).toContainEqual(
    expect.objectContaining({ kind: 'reference-rounding', effect: 'exact', matrices: 28, all: 28 }),
  );
});

it('a measurement of coarse codes, whose rounding hides strong directions, can be read again', async () => {
  const checkpoint = fixture('quantized', 'nf4-nested');
  const { measurement } = await runGate({ checkpoint, only: 'spectra' });
  const hiding = measurement.tensors.filter(({ metrics }) => (metrics?.roundingLimit ?? 0) > 0.01);
  expect(hiding.length).toBeGreaterThan(0);
  expect(parseMeasurement(JSON.stringify(measurement), 'baseline.json').tensors).toEqual(measurement.tensors);
});

it('a file of weights is a baseline to measure, and no measurement to read', async () => {
  const file = fixture('gguf', 'blocks.gguf');
  expect(await readBaseline(file)).toEqual({ kind: 'checkpoint', path: file, name: file });
});
