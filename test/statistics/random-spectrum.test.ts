import { describe, expect, it } from 'vitest';
import { randomSpectrum } from '../../src/statistics/random-spectrum.ts';

/**
 * [i, σᵢ ÷ ‖A‖_F] of Gaussian matrices: means over 200 draws (400 of the low-rank product) by numpy 2
 * (`numpy.linalg.svd`, `default_rng(7).standard_normal`). The limits of large dimensions differ from them by the
 * Tracy–Widom shift at the edges.
 */
const NUMPY: ReadonlyArray<{ shape: [number, number]; inner: number | null; sigmas: ReadonlyArray<[number, number]> }> =
  [
    {
      shape: [96, 256],
      inner: null,
      sigmas: [
        [1, 0.16191],
        [2, 0.15855],
        [8, 0.14557],
        [24, 0.12284],
        [48, 0.095932],
        [72, 0.071136],
      ],
    },
    {
      shape: [128, 128],
      inner: null,
      sigmas: [
        [1, 0.17385],
        [2, 0.16938],
        [8, 0.1531],
        [32, 0.11287],
        [64, 0.071887],
        [96, 0.035257],
      ],
    },
    {
      shape: [96, 256],
      inner: 8,
      sigmas: [
        [1, 0.44942],
        [2, 0.41308],
        [4, 0.3572],
        [6, 0.3091],
        [8, 0.25422],
      ],
    },
    {
      shape: [64, 64],
      inner: 64,
      sigmas: [
        [1, 0.3088],
        [2, 0.28554],
        [8, 0.21255],
        [16, 0.15179],
        [32, 0.072033],
        [48, 0.022982],
      ],
    },
    {
      shape: [40, 300],
      inner: 120,
      sigmas: [
        [1, 0.26275],
        [2, 0.25006],
        [8, 0.20424],
        [10, 0.19235],
        [20, 0.14484],
        [30, 0.10561],
      ],
    },
  ];

describe('randomSpectrum', () => {
  it.each(NUMPY)('has the singular values of Gaussian matrices of shape $shape, inner dimension $inner', (one) => {
    const sigma = randomSpectrum(one.shape, one.inner);
    for (const [rank, value] of one.sigmas) {
      expect(Math.abs(sigma(rank) / value - 1), `rank ${rank}`).toBeLessThan(0.03);
    }
  });

  it('does not depend on the order of the dimensions, and ends with the rank of a product', () => {
    const [one, other] = [randomSpectrum([96, 256], 8), randomSpectrum([256, 96], 8)];
    expect([1, 5, 8].map(other)).toEqual([1, 5, 8].map(one));
    expect(one(8)).toBeGreaterThan(0.2);
    expect(one(9)).toBe(0);
  });

  it('has all of the energy of a large matrix', () => {
    const sigma = randomSpectrum([4096, 11008]);
    const energy = Array.from({ length: 4096 }, (_, i) => sigma(i + 1) ** 2).reduce((sum, x) => sum + x, 0);
    expect(energy).toBeCloseTo(1, 4);
    // The edges of the law: (1 ± √c)² of the mean energy.
    const root = Math.sqrt(4096 / 11008);
    expect(sigma(1) * Math.sqrt(4096)).toBeCloseTo(1 + root, 2);
    expect(sigma(4096) * Math.sqrt(4096)).toBeCloseTo(1 - root, 2);
  });
});
