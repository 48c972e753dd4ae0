import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { openReference } from '@shadow-gate/checkpoints';
import { listMatrices } from '@shadow-gate/checkpoints/matrices';
import { describe, expect, it } from 'vitest';
import { fixture } from '../../../test/fixtures.ts';
import { CPU } from '../../../test/language-models.ts';
import { exactSpectrum } from '../src/exact/exact-spectrum.ts';
import { fastSpectrum } from '../src/fast/fast-spectrum.ts';

const FOLDERS = readdirSync(fixture('quantized'));

/** By tensor: for each of its matrices, the largest singular values of NumPy's LAPACK, in float64. */
function expectedOf(name: string): Record<string, { readonly sigma: readonly (readonly number[])[] }> {
  return JSON.parse(readFileSync(join(fixture('quantized', name), 'expected.json'), 'utf8'));
}

describe.each(FOLDERS)('spectra of quantized weights: %s', (name) => {
  it('are those of the numbers that the codes stand for', async () => {
    const expected = expectedOf(name);
    const { matrices } = listMatrices(await openReference(fixture('quantized', name)));
    let compared = 0;
    for (const matrix of matrices) {
      const [, tensor = '', expert = '0'] = /^([^[]+)(?:\[expert (\d+)\])?$/.exec(matrix.name) ?? [];
      const sigma = expected[tensor]?.sigma[Number(expert)];
      if (sigma === undefined) continue;
      compared += 1;
      const { singularValues, metrics } = await exactSpectrum(matrix, { device: CPU });
      for (const [i, value] of sigma.entries()) expect(singularValues[i]).toBeCloseTo(value, 5);
      // What the format leaves of zeros is known, as for 16-bit floats.
      expect(metrics?.rankAboveRounding).toBeGreaterThan(0);
    }
    // A fused one is compared in no part of it.
    expect(compared).toBeGreaterThanOrEqual(Math.min(7, Object.keys(expected).length - 1));
  });

  it('have the fast bounds of the same numbers', async () => {
    const { matrices } = listMatrices(await openReference(fixture('quantized', name)));
    for (const matrix of matrices.filter(({ source }) => source.recipe).slice(0, 2)) {
      const { metrics: exact } = await exactSpectrum(matrix, { device: CPU });
      const { metrics: fast } = await fastSpectrum(matrix, { device: CPU });
      const { low, high } = fast?.stableRank ?? { low: Number.NaN, high: Number.NaN };
      expect(exact?.stableRank).toBeGreaterThanOrEqual(low * (1 - 1e-6));
      expect(exact?.stableRank).toBeLessThanOrEqual(high * (1 + 1e-6));
    }
  });
});
