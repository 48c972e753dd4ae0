import { spectralMetrics } from '@shadow-gate/spectra/metrics';
import { describe, expect, it } from 'vitest';
import { exactSpectrum } from '../../src/exact/exact-spectrum.ts';
import { errorOf, FLOAT32_TOLERANCE, lapackAnswers, pseudoRandom, stored } from './matrices.ts';

const cpu = { name: 'cpu', reason: 'test' } as const;

// Just above the size up to which the Gram matrix is used. `exact-spectrum.shared.nightly.test.ts` has more and larger
// ones.
describe('the exact spectrum of a large matrix', () => {
  it.each(lapackAnswers().slice(0, 1))(
    'has the singular values and metrics of LAPACK: $kind $m × $n',
    async ({ kind, m, n, seed, singularValues }) => {
      const found = await exactSpectrum(await stored(m, n, pseudoRandom(kind, m, n, seed)), { device: cpu });
      expect(errorOf(found.singularValues, singularValues)).toBeLessThan(FLOAT32_TOLERANCE);
      const { topEnergy, ...expected } =
        spectralMetrics(Float64Array.from(singularValues), [m, n], { isSmallestExact: true }) ?? expect.fail();
      const metrics: Record<string, unknown> = { ...found.metrics?.topEnergy, ...found.metrics };
      for (const [key, value] of Object.entries({ ...topEnergy, ...expected })) {
        expect(Math.abs(Number(metrics[key]) / Number(value) - 1), `${key}: ${metrics[key]} for ${value}`).toBeLessThan(
          1e-5,
        );
      }
    },
  );

  it('of an update knows how large it is, relative to the reference', async () => {
    const n = 1026;
    const original = pseudoRandom('flat', n, n, 9);
    const update = pseudoRandom('flat', n, n, 10);
    const tuned = original.map((value, i) => value + 0.01 * (update[i] ?? 0));
    const reference = await stored(n, n, original, 'F64');
    const { metrics } = await exactSpectrum(await stored(n, n, tuned, 'F64'), { device: cpu, reference });
    const energy = tuned.reduce((sum, value, i) => sum + (value - (original[i] ?? Number.NaN)) ** 2, 0);
    const originalEnergy = original.reduce((sum, value) => sum + value * value, 0);
    expect(metrics?.updateSize).toBeCloseTo(Math.sqrt(energy / originalEnergy), 8);
  });

  it('has no metrics if the matrix is zero', async () => {
    const found = await exactSpectrum(await stored(1030, 1030, new Float64Array(1030 * 1030)), { device: cpu });
    expect(found).toMatchObject({ metrics: null, finite: true });
    expect(found.singularValues).toEqual(new Float64Array(1030));
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY])('is not finite if the matrix contains %d', async (bad) => {
    const values = pseudoRandom('flat', 1030, 1030, 1);
    values[123456] = bad;
    const found = await exactSpectrum(await stored(1030, 1030, values), { device: cpu });
    expect(found).toMatchObject({ metrics: null, finite: false });
  });

  it('of an embedding has the Gini coefficient of the row energies', async () => {
    const n = 1030;
    const values = new Float64Array(n * n);
    for (let i = 0; i < n; i += 1) values[i * n + i] = Math.sqrt(i + 1);
    const { metrics } = await exactSpectrum(await stored(n, n, values, 'F64'), { device: cpu, wantRowGini: true });
    // Σᵢ (2i − n − 1)·xᵢ / (n·Σx) for x = 1..n is (n − 1)/(3n).
    expect(metrics?.rowGini).toBeCloseTo((n - 1) / (3 * n), 6);
  });
});
