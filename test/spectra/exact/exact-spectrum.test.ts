import { describe, expect, it } from 'vitest';
import { denseSingularValues } from '../../../src/spectra/exact/dense-svd.ts';
import { exactSpectrum } from '../../../src/spectra/exact/exact-spectrum.ts';
import { UNSHARED } from '../../../src/spectra/exact/shared-resources.ts';
import type { MatrixSource } from '../../../src/spectra/load-matrix.ts';
import { spectralMetrics } from '../../../src/spectra/metrics.ts';
import { readJson, repository } from '../../fixtures.ts';
import { type Dtype, type Kind, pseudoRandom, stored, withSingularValues } from './matrices.ts';

const cpu = { name: 'cpu', reason: 'asked for' } as const;

/** What is promised is 10⁻⁵ σ₁. Where all σ are alike it is 3·10⁻⁶ (LAPACK's own float32: 7·10⁻⁶), elsewhere far less. */
const FLOAT32_TOLERANCE = 5e-6;
const FLOAT64_TOLERANCE = 1e-12;

function measure(matrix: MatrixSource, reference: MatrixSource | null = null) {
  return exactSpectrum(matrix, { device: cpu, reference });
}

/** The largest error, in units of σ₁. */
function errorOf(found: Float64Array, expected: ArrayLike<number>): number {
  expect(found.length).toBe(expected.length);
  return (
    found.reduce((most, value, i) => Math.max(most, Math.abs(value - (expected[i] ?? Number.NaN))), 0) /
    (expected[0] ?? 1)
  );
}

interface Answer {
  readonly kind: Kind;
  readonly m: number;
  readonly n: number;
  readonly seed: number;
  readonly singularValues: readonly number[];
}

describe('spectra of large matrices agree with LAPACK', () => {
  const answers = readJson<Answer[]>(repository('test', 'spectra', 'exact', 'lapack.json'));
  it.each(answers)('$kind $m × $n', async ({ kind, m, n, seed, singularValues }) => {
    const found = await measure(await stored(m, n, pseudoRandom(kind, m, n, seed)));
    const smallest = (singularValues.at(-1) ?? 0) / (singularValues[0] ?? 0);
    expect(found.accumulation).toBe(smallest < 2e-6 ? 'float64' : 'float32');
    expect(errorOf(found.singularValues, singularValues)).toBeLessThan(FLOAT32_TOLERANCE);
    // What is promised of energy metrics is 10⁻⁴; the rest is what float32 must not spoil.
    const { topEnergy, ...expected } =
      spectralMetrics(Float64Array.from(singularValues), [m, n], { isSmallestExact: true }) ?? expect.fail();
    for (const [key, value] of Object.entries({ ...topEnergy, ...expected })) {
      const metrics: Record<string, unknown> = { ...found.metrics?.topEnergy, ...found.metrics };
      expect(Math.abs(Number(metrics[key]) / Number(value) - 1), `${key}: ${metrics[key]} for ${value}`).toBeLessThan(
        1e-5,
      );
    }
  });
});

/** σ of these kinds, all of them 1 at the start. */
const SHAPES = {
  'a power law': (i: number) => (i + 1) ** -0.7,
  'one direction far above the rest': (i: number) => (i === 0 ? 1 : 1e-3 * (1 - i / 3000)),
  'all alike': () => 1,
} as const;

describe('spectra of matrices that were made of their singular values', () => {
  it.each([
    ['a power law', 1025, 1025, 'F32'],
    ['a power law', 1100, 1500, 'F64'],
    ['one direction far above the rest', 1237, 1061, 'F32'],
    ['all alike', 1061, 2200, 'F32'],
  ] as const)('%s, %i × %i %s: float32 is enough', async (shape, m, n, dtype: Dtype) => {
    const values = Float64Array.from({ length: Math.min(m, n) }, (_, i) => SHAPES[shape](i));
    const found = await measure(await stored(m, n, withSingularValues(m, n, values), dtype));
    expect(found.accumulation).toBe('float32');
    expect(errorOf(found.singularValues, values)).toBeLessThan(FLOAT32_TOLERANCE);
    expect(found.metrics?.rank).toBe(Math.min(m, n));
  });

  it.each([
    [1100, 1300],
    [1500, 1040],
  ])('through the Gram matrix where %i × %i is too large for memory', async (m, n) => {
    const values = Float64Array.from({ length: Math.min(m, n) }, (_, i) => (i + 1) ** -0.7);
    const energy = values.reduce((sum, value) => sum + value * value, 0);
    const matrix = await stored(m, n, withSingularValues(m, n, values));
    const found = await denseSingularValues(matrix, {
      device: cpu,
      reference: null,
      energy,
      resources: UNSHARED,
      limit: 0,
    });
    expect(found).toMatchObject({ accumulation: 'float64', isSmallestExact: false });
    expect(errorOf(found.values, values)).toBeLessThan(1e-7);
  });

  it.each([1e-30, 1e30])('at the scale %d, without over- or underflow', async (scale) => {
    const values = Float64Array.from({ length: 1030 }, (_, i) => scale * (i + 1) ** -0.5);
    const found = await measure(await stored(1030, 1040, withSingularValues(1030, 1040, values)));
    expect(errorOf(found.singularValues, values)).toBeLessThan(FLOAT32_TOLERANCE);
  });

  it.each([1e-150, 1e140])('at the scale %d in float64 files', async (scale) => {
    const values = Float64Array.from({ length: 1030 }, (_, i) => scale * (i + 1) ** -0.5);
    const found = await measure(await stored(1040, 1030, withSingularValues(1040, 1030, values), 'F64'));
    expect(errorOf(found.singularValues, values)).toBeLessThan(FLOAT32_TOLERANCE);
  });

  it('of which directions are lost: float64 counts them exactly', async () => {
    const values = Float64Array.from({ length: 1100 }, (_, i) => (i < 1040 ? 1 / (i + 1) : 0));
    const found = await measure(await stored(1100, 1150, withSingularValues(1100, 1150, values), 'F64'));
    expect(found.accumulation).toBe('float64');
    expect(errorOf(found.singularValues, values)).toBeLessThan(FLOAT64_TOLERANCE);
    expect(found.metrics?.rank).toBe(1040);
  });

  it.each([
    ['tiny and not zero: none', 1050, 1050, 3e-7, 1050],
    ['tiny and not zero, of a wide one: none', 1050, 1200, 3e-8, 1050],
    ['zero: one', 1150, 1050, 0, 1049],
  ] as const)('with one σ that is %s is lost (%i × %i)', async (_, m, n, last, rank) => {
    const size = Math.min(m, n);
    const values = Float64Array.from({ length: size }, (__, i) => (i < size - 1 ? (i + 1) ** -0.5 : last));
    const found = await measure(await stored(m, n, withSingularValues(m, n, values), 'F64'));
    expect(found.accumulation).toBe('float32');
    expect(Math.abs((found.singularValues[size - 1] ?? 1) - last)).toBeLessThan(1e-12);
    expect(found.metrics?.rank).toBe(rank);
  });

  it('with one tiny σ beside small ones: its neighbour is near the noise of float32', async () => {
    const values = Float64Array.from({ length: 1060 }, (_, i) => (i < 1055 ? (i + 1) ** -0.5 : i < 1059 ? 5e-6 : 2e-9));
    const found = await measure(await stored(1060, 1060, withSingularValues(1060, 1060, values), 'F64'));
    expect(found.accumulation).toBe('float32');
    expect(Math.abs((found.singularValues[1059] ?? 1) - 2e-9)).toBeLessThan(1e-10);
    expect(found.metrics?.rank).toBe(1060);
  });

  it('graded over thirty orders, tall enough for a QR decomposition first', async () => {
    const values = Float64Array.from({ length: 1030 }, (_, i) => 10 ** (-(30 * i) / 1030));
    const found = await measure(await stored(2100, 1030, withSingularValues(2100, 1030, values), 'F64'));
    expect(found.accumulation).toBe('float64');
    expect(errorOf(found.singularValues, values)).toBeLessThan(FLOAT64_TOLERANCE);
  });

  it('of an update: the difference of two files', async () => {
    const [m, n] = [1030, 1100];
    const values = Float64Array.from({ length: m }, (_, i) => 0.01 * (i + 1) ** -0.5);
    const origin = pseudoRandom('flat', m, n, 9);
    const update = withSingularValues(m, n, values);
    const tuned = origin.map((value, i) => value + (update[i] ?? 0));
    const found = await measure(await stored(m, n, tuned, 'F64'), await stored(m, n, origin, 'F64'));
    expect(errorOf(found.singularValues, values)).toBeLessThan(FLOAT32_TOLERANCE);
    const originEnergy = origin.reduce((sum, value) => sum + value * value, 0);
    const energy = values.reduce((sum, value) => sum + value * value, 0);
    expect(found.metrics?.updateSize).toBeCloseTo(Math.sqrt(energy / originEnergy), 8);
  });
});

describe('large matrices with nothing to measure', () => {
  it('of zeros have no metrics', async () => {
    const found = await measure(await stored(1030, 1030, new Float64Array(1030 * 1030)));
    expect(found).toMatchObject({ metrics: null, finite: true });
    expect(found.singularValues).toHaveLength(1030);
    expect(found.singularValues.every((value) => value === 0)).toBe(true);
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY])('with %d are not finite', async (bad) => {
    const values = pseudoRandom('flat', 1030, 1030, 1);
    values[123456] = bad;
    expect(await measure(await stored(1030, 1030, values))).toMatchObject({ metrics: null, finite: false });
  });
});

describe('the row energies of a large matrix', () => {
  it('give the Gini coefficient', async () => {
    const n = 1030;
    const values = new Float64Array(n * n);
    for (let i = 0; i < n; i += 1) values[i * n + i] = Math.sqrt(i + 1);
    const { metrics } = await exactSpectrum(await stored(n, n, values, 'F64'), { device: cpu, wantRowGini: true });
    // Σᵢ (2i − n − 1)·xᵢ / (n·Σx) for x = 1..n is (n − 1)/(3n).
    expect(metrics?.rowGini).toBeCloseTo((n - 1) / (3 * n), 6);
  });
});
