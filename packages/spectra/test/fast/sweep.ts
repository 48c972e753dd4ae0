import type { MatrixSource } from '@shadow-gate/spectra';
import { spectralMetrics } from '@shadow-gate/spectra/metrics';
import type { FastMetrics } from '@shadow-gate/spectra/metrics-schema';
import { expect } from 'vitest';
import { exactSpectrum } from '../../src/exact/exact-spectrum.ts';
import type { Effort } from '../../src/fast/effort.ts';
import { type FastOptions, fastSpectrum } from '../../src/fast/fast-spectrum.ts';
import { STORING, tooWide, violations } from './bounds.ts';
import { type Dtype, Numbers, SHAPES, stored, withSingularValues } from './matrices.ts';

export const cpu = { name: 'cpu', reason: 'test' } as const;

/** So little work that the random probe vectors decide much even for a small matrix. */
export const LITTLE = [
  { block: 8, basis: 64 },
  { block: 16, basis: 128 },
] as const satisfies Effort[];

/** The fast metrics of a matrix that has some. */
export async function measure(matrix: MatrixSource, options: Partial<FastOptions> = {}): Promise<FastMetrics> {
  const { metrics } = await fastSpectrum(matrix, { device: cpu, ...options });
  return metrics ?? expect.fail('the matrix has no metrics');
}

/** How matrices are stored; for an update, both of its sides. */
const STORAGES: ReadonlyArray<{ readonly dtype: Dtype; readonly isUpdate: boolean }> = [
  { dtype: 'F32', isUpdate: false },
  { dtype: 'BF16', isUpdate: true },
  { dtype: 'F16', isUpdate: false },
  { dtype: 'F32', isUpdate: true },
  { dtype: 'F64', isUpdate: false },
  { dtype: 'BF16', isUpdate: false },
  { dtype: 'F64', isUpdate: true },
];

/** Scale of the original weights: an update is small in comparison, but not hidden by their rounding. */
const REFERENCE = 0.1;

/**
 * A matrix with these singular values in files, and the metrics of what is stored. If rounding has changed the values,
 * the metrics are those of the exact spectrum, which is computed in float64 at this size.
 */
async function storedCase(
  sigma: readonly number[],
  [m, n]: readonly [number, number],
  { dtype, isUpdate }: (typeof STORAGES)[number],
  numbers: Numbers,
) {
  const values = withSingularValues(sigma, m, n, numbers);
  const original = isUpdate ? numbers.gaussians(m * n).map((x) => REFERENCE * x) : null;
  const reference = original && stored(original, m, n, dtype);
  const matrix = stored(original ? values.map((x, i) => x + (original[i] ?? 0)) : values, m, n, dtype);
  const isExact = dtype === 'F64' || (dtype === 'F32' && !isUpdate);
  const truth = isExact
    ? spectralMetrics(Float64Array.from(sigma), [m, n])
    : (await exactSpectrum(matrix, { device: cpu, reference })).metrics;
  return { matrix, reference, truth: truth ?? expect.fail('the matrix is zero') };
}

/**
 * Measure random matrices of a shape, in every storage, and expect the truth between all bounds.
 * @param largest most columns; the fewest are 200
 */
export async function expectBoundsHold(
  shape: string,
  { cases, largest, seed }: { cases: number; largest: number; seed: number },
): Promise<void> {
  const make = SHAPES[shape] ?? expect.fail(`no shape ${shape}`);
  const found: string[] = [];
  for (let i = 0; i < cases; i += 1) {
    const numbers = new Numbers(seed + i);
    const M = numbers.int(200, largest);
    const N = i % 3 === 0 ? M : numbers.int(M, 2 * largest);
    const [m, n] = i % 2 === 0 ? [N, M] : [M, N];
    const storage = STORAGES[i % STORAGES.length] ?? expect.fail();
    const { matrix, reference, truth } = await storedCase(make(M, numbers), [m, n], storage, numbers);
    const effort = i === 0 ? undefined : LITTLE[i % 2];
    const metrics = await measure(matrix, { reference, effort, isExplicit: i % 4 < 2 });
    const where = `seed ${seed + i} [${m}, ${n}] ${storage.dtype}${storage.isUpdate ? ' update' : ''}`;
    found.push(...violations(metrics, truth, STORING).map((line) => `${where} ${line}`));
    expect(Math.abs(metrics.frobeniusNorm / truth.frobeniusNorm - 1)).toBeLessThan(1e-6);
  }
  expect(found).toEqual([]);
}

/**
 * Measure a matrix of a shape and size with the default effort, and expect bounds that contain the truth and are
 * narrow.
 */
export async function expectNarrowBounds(shape: string, m: number, n: number): Promise<void> {
  const numbers = new Numbers(m + n);
  const sigma = SHAPES[shape]?.(Math.min(m, n), numbers) ?? expect.fail(`no shape ${shape}`);
  const truth = spectralMetrics(Float64Array.from(sigma), [m, n]) ?? expect.fail('the matrix is zero');
  const metrics = await measure(stored(withSingularValues(sigma, m, n, numbers), m, n));
  expect(violations(metrics, truth, STORING)).toEqual([]);
  expect(tooWide(metrics)).toEqual([]);
}
