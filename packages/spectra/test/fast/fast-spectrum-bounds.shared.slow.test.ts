import { spectralMetrics, spectrumProfile } from '@shadow-gate/spectra/metrics';
import { describe, expect, it } from 'vitest';
import { exactSpectrum } from '../../src/exact/exact-spectrum.ts';
import { fastSpectrum } from '../../src/fast/fast-spectrum.ts';
import { STORING, violations } from './bounds.ts';
import { Numbers, SHAPES, stored, withSingularValues } from './matrices.ts';
import { cpu, expectBoundsHold, expectNarrowBounds, LITTLE, measure } from './sweep.ts';

/** One case of each storage. `fast-spectrum.shared.nightly.test.ts` runs more, and larger ones. */
const CASES = 7;
const LARGEST = 160;

it.each(Object.keys(SHAPES).map((shape, i) => ({ shape, seed: 1000 + i * CASES })))(
  'bounds contain the truth, so that a comparison is never wrong, for matrices of shape $shape',
  async ({ shape, seed }) => {
    await expectBoundsHold(shape, { cases: CASES, largest: LARGEST, seed });
  },
);

it.each([['gaussian', 1200, 1200]])(
  'bounds of a large matrix are too narrow for a policy to notice: %s [%i, %i]',
  async (shape, m, n) => {
    await expectNarrowBounds(shape, m, n);
  },
);

describe('the fast spectrum', () => {
  const numbers = new Numbers(99);

  it('reports that a matrix with NaN or Inf is not finite', async () => {
    for (const bad of [Number.NaN, Number.POSITIVE_INFINITY]) {
      const values = numbers.gaussians(40 * 30);
      values[77] = bad;
      expect(await fastSpectrum(stored(values, 40, 30), { device: cpu, wantRowGini: true })).toEqual({
        finite: false,
        metrics: null,
        profile: [],
      });
    }
  });

  it('has no metrics for a matrix of zeros, or an update that changed nothing', async () => {
    const zero = stored(new Float64Array(40 * 30), 40, 30, 'BF16');
    expect(await fastSpectrum(zero, { device: cpu })).toEqual({ finite: true, metrics: null, profile: [] });
    const weight = stored(numbers.gaussians(40 * 30), 40, 30, 'BF16');
    expect((await fastSpectrum(weight, { device: cpu, reference: weight })).metrics).toBeNull();
  });

  it('measures the size and the noise of a bfloat16 update as the exact spectrum does', async () => {
    const [m, n] = [300, 260];
    const before = numbers.gaussians(m * n);
    const step = withSingularValues(SHAPES.heavyTail?.(n, numbers) ?? [], m, n, numbers);
    const reference = stored(before, m, n, 'BF16');
    const after = before.map((x, i) => x + 0.3 * (step[i] ?? 0));
    const matrix = stored(after, m, n, 'BF16');
    const { metrics: exact } = await exactSpectrum(matrix, { device: cpu, reference, wantRowGini: true });
    const fast = await measure(matrix, { reference, wantRowGini: true, effort: LITTLE[1] });
    if (!exact) expect.fail('no metrics');
    expect(violations(fast, exact)).toEqual([]);
    expect(fast.updateSize).toBeCloseTo(exact.updateSize ?? Number.NaN, 12);
    expect(fast.snr).toBeCloseTo(exact.snr ?? Number.NaN, 9);
    expect(fast.rowGini).toBeCloseTo(exact.rowGini ?? Number.NaN, 12);
    expect(fast.frobeniusNorm / exact.frobeniusNorm).toBeCloseTo(1, 12);
  });

  it('measures a part of a stored tensor as if it were stored alone', async () => {
    const values = numbers.gaussians(3 * 250 * 300);
    const { source } = stored(values, 750, 300);
    const dims = [3, 250, 300];
    const part = { source, view: { dims, slices: [{ axis: 0, start: 1, end: 2 }], shape: [250, 300] as const } };
    const alone = stored(values.subarray(250 * 300, 2 * 250 * 300), 250, 300);
    const options = { device: cpu, wantRowGini: true, effort: LITTLE[0] };
    expect(await fastSpectrum(part, options)).toEqual(await fastSpectrum(alone, options));
  });

  it('gives the same numbers twice', async () => {
    const matrix = stored(numbers.gaussians(400 * 300), 400, 300);
    const options = { device: cpu, wantRowGini: true, effort: LITTLE[1] };
    const first = JSON.stringify(await fastSpectrum(matrix, options));
    expect(JSON.stringify(await fastSpectrum(matrix, options))).toBe(first);
  });

  it.each([1e-100, 1e100])('does not depend on the unit of the weights: × %d', async (unit) => {
    const values = withSingularValues(SHAPES.gentleTail?.(220, numbers) ?? [], 220, 260, numbers);
    const scaled = values.map((x) => x * unit);
    const one = await measure(stored(values, 220, 260, 'F64'), { effort: LITTLE[0] });
    const other = await measure(stored(scaled, 220, 260, 'F64'), { effort: LITTLE[0] });
    expect(other.topEnergy['5%'].value).toBeCloseTo(one.topEnergy['5%'].value, 5);
  });

  it.each([
    [1, 50],
    [50, 1],
    [5, 9],
    [17, 20],
  ])('measures a matrix with hardly a block of columns: %i × %i', async (m, n) => {
    const matrix = stored(numbers.gaussians(m * n), m, n, 'F64');
    const { metrics: exact } = await exactSpectrum(matrix, { device: cpu });
    expect(exact && violations(await measure(matrix), exact)).toEqual([]);
  });

  it.each([
    [70, 2],
    [79, 3],
    [154, 60],
  ])('measures a matrix of which little is left after the basis: %i columns of rank %i', async (M, rank) => {
    const sigma = Array.from({ length: M }, (_, i) => (i < rank ? 1 / (i + 1) : 0));
    const truth = spectralMetrics(Float64Array.from(sigma), [M, M]);
    const metrics = await measure(stored(withSingularValues(sigma, M, M, numbers), M, M));
    expect(truth && violations(metrics, truth, STORING)).toEqual([]);
  });

  it('estimates the profile well enough for a sparkline', async () => {
    const sigma = SHAPES.gaussian?.(400, numbers) ?? [];
    const matrix = stored(withSingularValues(sigma, 400, 500, numbers), 400, 500);
    const { profile } = await fastSpectrum(matrix, { device: cpu, effort: LITTLE[1] });
    const expected = spectrumProfile(Float64Array.from(sigma));
    expect(profile).toHaveLength(expected.length);
    const errors = profile.map((value, i) => Math.abs(value - (expected[i] ?? Number.NaN)));
    expect(Math.max(...errors)).toBeLessThan(0.12);
  });
});
