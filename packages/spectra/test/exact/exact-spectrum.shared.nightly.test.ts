import type { MatrixSource } from '@shadow-gate/spectra';
import { spectralMetrics } from '@shadow-gate/spectra/metrics';
import { describe, expect, it } from 'vitest';
import { denseSingularValues } from '../../src/exact/dense-svd.ts';
import { exactSpectrum } from '../../src/exact/exact-spectrum.ts';
import { UNSHARED } from '../../src/exact/solver.ts';
import {
  type Dtype,
  errorOf,
  FLOAT32_TOLERANCE,
  FLOAT64_TOLERANCE,
  lapackAnswers,
  pseudoRandom,
  stored,
  withSingularValues,
} from './matrices.ts';

const cpu = { name: 'cpu', reason: 'test' } as const;

function measure(matrix: MatrixSource, reference: MatrixSource | null = null) {
  return exactSpectrum(matrix, { device: cpu, reference });
}

describe('spectra of large matrices that LAPACK has decomposed too', () => {
  it.each(lapackAnswers())(
    'have the singular values and metrics of LAPACK: $kind $m × $n',
    async ({ kind, m, n, seed, singularValues }) => {
      const found = await measure(await stored(m, n, pseudoRandom(kind, m, n, seed)));
      const smallest = (singularValues.at(-1) ?? 0) / (singularValues[0] ?? 0);
      expect(found.accumulation).toBe(smallest < 2e-6 ? 'float64' : 'float32');
      expect(errorOf(found.singularValues, singularValues)).toBeLessThan(FLOAT32_TOLERANCE);
      // 10⁻⁴ is promised for energy metrics; the others are those that float32 must not spoil.
      const { topEnergy, ...expected } =
        spectralMetrics(Float64Array.from(singularValues), [m, n], { isSmallestExact: true }) ?? expect.fail();
      for (const [key, value] of Object.entries({ ...topEnergy, ...expected })) {
        const metrics: Record<string, unknown> = { ...found.metrics?.topEnergy, ...found.metrics };
        expect(Math.abs(Number(metrics[key]) / Number(value) - 1), `${key}: ${metrics[key]} for ${value}`).toBeLessThan(
          1e-5,
        );
      }
    },
  );
});

/** The i-th singular value, from 0; the first is 1. */
const SHAPES = {
  'a power law': (i: number) => (i + 1) ** -0.7,
  'one direction far above the rest': (i: number) => (i === 0 ? 1 : 1e-3 * (1 - i / 3000)),
  'all alike': () => 1,
} as const;

describe('spectra of large matrices with known singular values', () => {
  it.each([
    ['a power law', 1025, 1025, 'F32'],
    ['a power law', 1100, 1500, 'F64'],
    ['one direction far above the rest', 1237, 1061, 'F32'],
    ['all alike', 1061, 2200, 'F32'],
  ] as const)('need float32 only: %s, %i × %i %s', async (shape, m, n, dtype: Dtype) => {
    const values = Float64Array.from({ length: Math.min(m, n) }, (_, i) => SHAPES[shape](i));
    const found = await measure(await stored(m, n, withSingularValues(m, n, values), dtype));
    expect(found.accumulation).toBe('float32');
    expect(errorOf(found.singularValues, values)).toBeLessThan(FLOAT32_TOLERANCE);
    expect(found.metrics?.rank).toBe(Math.min(m, n));
  });

  it.each([
    [1100, 1300],
    [1500, 1040],
  ])('come from the Gram matrix if %i × %i is too large for memory', async (m, n) => {
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

  it.each([1e-30, 1e30])('neither overflow nor underflow at the scale %d', async (scale) => {
    const values = Float64Array.from({ length: 1030 }, (_, i) => scale * (i + 1) ** -0.5);
    const found = await measure(await stored(1030, 1040, withSingularValues(1030, 1040, values)));
    expect(errorOf(found.singularValues, values)).toBeLessThan(FLOAT32_TOLERANCE);
  });

  it.each([1e-150, 1e140])('neither overflow nor underflow at the scale %d in float64 files', async (scale) => {
    const values = Float64Array.from({ length: 1030 }, (_, i) => scale * (i + 1) ** -0.5);
    const found = await measure(await stored(1040, 1030, withSingularValues(1040, 1030, values), 'F64'));
    expect(errorOf(found.singularValues, values)).toBeLessThan(FLOAT32_TOLERANCE);
  });

  it('count a rank deficiency exactly, in float64', async () => {
    const values = Float64Array.from({ length: 1100 }, (_, i) => (i < 1040 ? 1 / (i + 1) : 0));
    const found = await measure(await stored(1100, 1150, withSingularValues(1100, 1150, values), 'F64'));
    expect(found.accumulation).toBe('float64');
    expect(errorOf(found.singularValues, values)).toBeLessThan(FLOAT64_TOLERANCE);
    expect(found.metrics?.rank).toBe(1040);
  });

  it.each([
    ['tiny, but not zero: full rank', 1050, 1050, 3e-7, 1050],
    ['tiny, but not zero, in a wide matrix: full rank', 1050, 1200, 3e-8, 1050],
    ['zero: rank deficient', 1150, 1050, 0, 1049],
  ] as const)('are refined if a single one is %s (%i × %i)', async (_, m, n, last, rank) => {
    const size = Math.min(m, n);
    const values = Float64Array.from({ length: size }, (__, i) => (i < size - 1 ? (i + 1) ** -0.5 : last));
    const found = await measure(await stored(m, n, withSingularValues(m, n, values), 'F64'));
    expect(found.accumulation).toBe('float32');
    expect(Math.abs((found.singularValues[size - 1] ?? 1) - last)).toBeLessThan(1e-12);
    expect(found.metrics?.rank).toBe(rank);
  });

  it('are refined if a single one is tiny and the next ones are near the noise of float32', async () => {
    const values = Float64Array.from({ length: 1060 }, (_, i) => (i < 1055 ? (i + 1) ** -0.5 : i < 1059 ? 5e-6 : 2e-9));
    const found = await measure(await stored(1060, 1060, withSingularValues(1060, 1060, values), 'F64'));
    expect(found.accumulation).toBe('float32');
    expect(Math.abs((found.singularValues[1059] ?? 1) - 2e-9)).toBeLessThan(1e-10);
    expect(found.metrics?.rank).toBe(1060);
  });

  it('are right if they are graded over thirty orders, in a matrix so tall that it is triangularized first', async () => {
    const values = Float64Array.from({ length: 1030 }, (_, i) => 10 ** (-(30 * i) / 1030));
    const found = await measure(await stored(2100, 1030, withSingularValues(2100, 1030, values), 'F64'));
    expect(found.accumulation).toBe('float64');
    expect(errorOf(found.singularValues, values)).toBeLessThan(FLOAT64_TOLERANCE);
  });

  it('are those of the difference of two files for an update', async () => {
    const [m, n] = [1030, 1100];
    const values = Float64Array.from({ length: m }, (_, i) => 0.01 * (i + 1) ** -0.5);
    const original = pseudoRandom('flat', m, n, 9);
    const update = withSingularValues(m, n, values);
    const tuned = original.map((value, i) => value + (update[i] ?? 0));
    const found = await measure(await stored(m, n, tuned, 'F64'), await stored(m, n, original, 'F64'));
    expect(errorOf(found.singularValues, values)).toBeLessThan(FLOAT32_TOLERANCE);
    const originalEnergy = original.reduce((sum, value) => sum + value * value, 0);
    const energy = values.reduce((sum, value) => sum + value * value, 0);
    expect(found.metrics?.updateSize).toBeCloseTo(Math.sqrt(energy / originalEnergy), 8);
  });
});
