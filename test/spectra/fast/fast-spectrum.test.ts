import { describe, expect, it } from 'vitest';
import { exactSpectrum } from '../../../src/spectra/exact/exact-spectrum.ts';
import type { Effort } from '../../../src/spectra/fast/effort.ts';
import { fastSpectrum } from '../../../src/spectra/fast/fast-spectrum.ts';
import type { MatrixSource } from '../../../src/spectra/load-matrix.ts';
import { spectralMetrics, spectrumProfile } from '../../../src/spectra/metrics.ts';
import { boundedMetrics, STORING, violations } from './bounds.ts';
import { type Dtype, Numbers, SHAPES, stored, withSingularValues } from './matrices.ts';

const device = { name: 'cpu', reason: 'test' } as const;

/** So little work that the random probes decide much even in a small matrix. */
const LITTLE: readonly Effort[] = [
  { block: 8, basis: 64 },
  { block: 16, basis: 128 },
];

async function measure(matrix: MatrixSource, effort?: Effort, reference: MatrixSource | null = null) {
  const { finite, metrics, profile } = await fastSpectrum(matrix, { device, reference, effort });
  if (!metrics) throw new Error('no metrics');
  return { finite, metrics, profile };
}

const CASES_PER_SHAPE = 21;
const LARGEST_CASE = 420;

/** How matrices lie in files, three cases of a shape each; of an update, how its two sides do. */
const STORAGES: ReadonlyArray<{ readonly dtype: Dtype; readonly isUpdate: boolean }> = [
  { dtype: 'F32', isUpdate: false },
  { dtype: 'BF16', isUpdate: true },
  { dtype: 'F16', isUpdate: false },
  { dtype: 'F32', isUpdate: true },
  { dtype: 'F64', isUpdate: false },
  { dtype: 'BF16', isUpdate: false },
  { dtype: 'F64', isUpdate: true },
];

/** Weights beside which an update of that size is small, and is not drowned by their rounding. */
const REFERENCE = 0.1;

/**
 * A matrix with these singular values in files, and the metrics of what lies there. Where rounding has changed the values they
 * are those of the exact spectrum, which is computed in float64 at this size.
 */
async function storedCase(
  sigma: readonly number[],
  [m, n]: readonly [number, number],
  { dtype, isUpdate }: (typeof STORAGES)[number],
  numbers: Numbers,
) {
  const values = withSingularValues(sigma, m, n, numbers);
  const origin = isUpdate ? numbers.gaussians(m * n).map((x) => REFERENCE * x) : null;
  const reference = origin && stored(origin, m, n, dtype);
  const matrix = stored(origin ? values.map((x, i) => x + (origin[i] ?? 0)) : values, m, n, dtype);
  const isKept = dtype === 'F64' || (dtype === 'F32' && !isUpdate);
  const truth = isKept
    ? spectralMetrics(Float64Array.from(sigma), [m, n])
    : (await exactSpectrum(matrix, { device, reference })).metrics;
  if (!truth) throw new Error('zero');
  return { matrix, reference, truth };
}

describe('brackets of the fast spectrum', () => {
  let seed = 1;
  for (const [shape, make] of Object.entries(SHAPES)) {
    it(`hold the truth in ${CASES_PER_SHAPE} matrices of shape ${shape}`, { timeout: 240_000 }, async () => {
      const misses: string[] = [];
      for (let i = 0; i < CASES_PER_SHAPE; i += 1) {
        seed += 1;
        const numbers = new Numbers(seed);
        const M = numbers.int(200, LARGEST_CASE);
        const N = i % 3 === 0 ? M : numbers.int(M, 2 * LARGEST_CASE);
        const [m, n] = i % 2 === 0 ? [N, M] : [M, N];
        const storage = STORAGES[i % STORAGES.length] ?? expect.fail();
        const { matrix, reference, truth } = await storedCase(make(M, numbers), [m, n], storage, numbers);
        const { metrics } = await measure(matrix, i === 0 ? undefined : LITTLE[i % 2], reference);
        const where = `seed ${seed} [${m}, ${n}] ${storage.dtype}${storage.isUpdate ? ' update' : ''}`;
        misses.push(...violations(metrics, truth, STORING).map((miss) => `${where} ${miss}`));
        expect(Math.abs(metrics.frobeniusNorm / truth.frobeniusNorm - 1)).toBeLessThan(1e-6);
      }
      expect(misses).toEqual([]);
    });
  }
});

/** What a policy can notice. */
const WIDTHS: Readonly<Record<string, number>> = {
  spectralNorm: 1e-3,
  stableRank: 1e-3,
  'topEnergy 1': 1e-3,
  'topEnergy 8': 1e-3,
  'topEnergy 1%': 1e-3,
  'topEnergy 5%': 1e-2,
  participationRatio: 1e-2,
  participationRatioToNull: 1e-2,
  effectiveRank: 1e-2,
};

describe('a matrix of the size that the fast spectrum is for', () => {
  for (const [shape, m, n] of [
    ['heavyTail', 2048, 1536],
    ['gentleTail', 1536, 2048],
    ['gaussian', 2048, 2048],
    ['equal', 1536, 1600],
    ['lowRankAndNoise', 2048, 1700],
    ['spikesOnFlat', 1536, 1536],
    ['clusteredAtBoundary', 1600, 2048],
  ] as const) {
    it(`has narrow brackets: ${shape} [${m}, ${n}]`, { timeout: 240_000 }, async () => {
      const numbers = new Numbers(m + n);
      const sigma = SHAPES[shape]?.(Math.min(m, n), numbers) ?? [];
      const truth = spectralMetrics(Float64Array.from(sigma), [m, n]);
      if (!truth) throw new Error('zero');
      const { metrics } = await measure(stored(withSingularValues(sigma, m, n, numbers), m, n));
      expect(violations(metrics, truth, STORING)).toEqual([]);
      const wide = boundedMetrics(metrics)
        .filter(([name, { low, high, value }]) => !((high - low) / value <= (WIDTHS[name] ?? 0)))
        .map(([name, { low, high, value }]) => `${name} ${(high - low) / value}`);
      expect(wide).toEqual([]);
    });
  }
});

describe('the fast spectrum', () => {
  const numbers = new Numbers(99);

  it('says that a matrix with NaN or Inf is not finite', async () => {
    for (const bad of [Number.NaN, Number.POSITIVE_INFINITY]) {
      const values = numbers.gaussians(40 * 30);
      values[77] = bad;
      expect(await fastSpectrum(stored(values, 40, 30), { device, wantRowGini: true })).toEqual({
        finite: false,
        metrics: null,
        profile: [],
      });
    }
  });

  it('has no metrics for a matrix of zeros', async () => {
    const zero = stored(new Float64Array(40 * 30), 40, 30, 'BF16');
    expect(await fastSpectrum(zero, { device })).toEqual({ finite: true, metrics: null, profile: [] });
    const weight = stored(numbers.gaussians(40 * 30), 40, 30, 'BF16');
    expect((await fastSpectrum(weight, { device, reference: weight })).metrics).toBeNull();
  });

  it('measures a difference of bfloat16 matrices, its size and its noise as the exact one does', async () => {
    const [m, n] = [300, 260];
    const before = numbers.gaussians(m * n);
    const step = withSingularValues(SHAPES.heavyTail?.(n, numbers) ?? [], m, n, numbers);
    const reference = stored(before, m, n, 'BF16');
    const matrix = stored(
      before.map((x, i) => x + 0.3 * (step[i] ?? 0)),
      m,
      n,
      'BF16',
    );
    const exact = await exactSpectrum(matrix, { device, reference, wantRowGini: true });
    const fast = await fastSpectrum(matrix, { device, reference, wantRowGini: true, effort: LITTLE[1] });
    if (!exact.metrics || !fast.metrics) throw new Error('no metrics');
    expect(violations(fast.metrics, exact.metrics)).toEqual([]);
    expect(fast.metrics.updateSize).toBeCloseTo(exact.metrics.updateSize ?? Number.NaN, 12);
    expect(fast.metrics.snr).toBeCloseTo(exact.metrics.snr ?? Number.NaN, 9);
    expect(fast.metrics.rowGini).toBeCloseTo(exact.metrics.rowGini ?? Number.NaN, 12);
    expect(fast.metrics.frobeniusNorm / exact.metrics.frobeniusNorm).toBeCloseTo(1, 12);
  });

  it('measures a part of a stored tensor', async () => {
    const values = numbers.gaussians(3 * 250 * 300);
    const { source } = stored(values, 750, 300);
    const dims = [3, 250, 300];
    const part = { source, view: { dims, slices: [{ axis: 0, start: 1, end: 2 }], shape: [250, 300] as const } };
    const alone = stored(values.subarray(250 * 300, 2 * 250 * 300), 250, 300);
    expect(await fastSpectrum(part, { device, wantRowGini: true, effort: LITTLE[0] })).toEqual(
      await fastSpectrum(alone, { device, wantRowGini: true, effort: LITTLE[0] }),
    );
  });

  it('gives the same numbers twice', async () => {
    const matrix = stored(numbers.gaussians(400 * 300), 400, 300);
    const first = JSON.stringify(await fastSpectrum(matrix, { device, wantRowGini: true, effort: LITTLE[1] }));
    expect(JSON.stringify(await fastSpectrum(matrix, { device, wantRowGini: true, effort: LITTLE[1] }))).toBe(first);
  });

  it('does not care for the unit of the weights', async () => {
    const values = withSingularValues(SHAPES.gentleTail?.(220, numbers) ?? [], 220, 260, numbers);
    const [plain, tiny, huge] = await Promise.all(
      [1, 1e-100, 1e100].map((unit) =>
        measure(
          stored(
            values.map((x) => x * unit),
            220,
            260,
            'F64',
          ),
          LITTLE[0],
        ),
      ),
    );
    for (const other of [tiny, huge]) {
      expect(other?.metrics.topEnergy['5%'].value).toBeCloseTo(plain?.metrics.topEnergy['5%'].value ?? 0, 5);
    }
  });

  it('has a matrix of one row, one column, and fewer than a block', async () => {
    for (const [m, n] of [
      [1, 50],
      [50, 1],
      [5, 9],
      [17, 20],
    ] as const) {
      const matrix = stored(numbers.gaussians(m * n), m, n, 'F64');
      const exact = await exactSpectrum(matrix, { device });
      const { metrics } = await measure(matrix);
      expect(exact.metrics && violations(metrics, exact.metrics)).toEqual([]);
    }
  });

  it('has a matrix whose basis is enough when hardly more than a block is left', async () => {
    for (const [M, rank] of [
      [70, 2],
      [79, 3],
      [154, 60],
    ] as const) {
      const sigma = Array.from({ length: M }, (_, i) => (i < rank ? 1 / (i + 1) : 0));
      const truth = spectralMetrics(Float64Array.from(sigma), [M, M]);
      const { metrics } = await measure(stored(withSingularValues(sigma, M, M, numbers), M, M));
      expect(truth && violations(metrics, truth, STORING)).toEqual([]);
    }
  });

  it('has a matrix of equal entries, whose long sums are all rounded one way', async () => {
    const [m, n] = [1100, 4096];
    const value = Math.fround(1 / 3);
    const truth = spectralMetrics(
      Float64Array.from({ length: m }, (_, i) => (i === 0 ? value * Math.sqrt(m * n) : 0)),
      [m, n],
    );
    const { metrics } = await measure(stored(new Float64Array(m * n).fill(value), m, n), LITTLE[1]);
    expect(truth && violations(metrics, truth, STORING)).toEqual([]);
  });

  it('draws the profile of the spectrum', async () => {
    const sigma = SHAPES.gaussian?.(400, numbers) ?? [];
    const { profile } = await measure(stored(withSingularValues(sigma, 400, 500, numbers), 400, 500), LITTLE[1]);
    const expected = spectrumProfile(Float64Array.from(sigma));
    expect(profile).toHaveLength(expected.length);
    profile.forEach((value, i) => {
      expect(Math.abs(value - (expected[i] ?? 0))).toBeLessThan(0.12);
    });
  });
});
