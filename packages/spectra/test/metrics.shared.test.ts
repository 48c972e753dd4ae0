import { spectralMetrics, spectrumProfile } from '@shadow-gate/spectra/metrics';
import { describe, expect, it } from 'vitest';
import { fitPowerLaw } from '../src/power-law.ts';

const of = (...values: number[]) => Float64Array.from(values);

describe('metrics of a spectrum', () => {
  it('are all equal to the size if the singular values are equal', () => {
    const metrics = spectralMetrics(new Float64Array(20).fill(3), [20, 40]);
    expect(metrics).toMatchObject({
      stableRank: expect.closeTo(20, 10),
      participationRatio: expect.closeTo(20, 10),
      effectiveRank: expect.closeTo(20, 10),
      effectiveRankRV: expect.closeTo(20, 10),
      rank: 20,
      spectralNorm: 3,
      frobeniusNorm: expect.closeTo(3 * Math.sqrt(20), 10),
      topEnergy: {
        '1': expect.closeTo(0.05, 12),
        '8': expect.closeTo(0.4, 12),
        '1%': expect.closeTo(0.05, 12),
        '5%': expect.closeTo(0.05, 12),
      },
    });
  });

  it('count ⌈5% M⌉ exactly: one of 20 values, two of 21', () => {
    expect(spectralMetrics(new Float64Array(20).fill(1), [20, 20])?.topEnergy['5%']).toBeCloseTo(1 / 20, 12);
    expect(spectralMetrics(new Float64Array(21).fill(1), [21, 21])?.topEnergy['5%']).toBeCloseTo(2 / 21, 12);
    expect(spectralMetrics(new Float64Array(300).fill(1), [300, 300])?.topEnergy['1%']).toBeCloseTo(3 / 300, 12);
  });

  it('agree with a calculation by hand for σ = 2, 1, 1: energies 4, 1, 1', () => {
    const metrics = spectralMetrics(of(2, 1, 1), [3, 3]);
    expect(metrics?.stableRank).toBeCloseTo(1.5, 12);
    expect(metrics?.participationRatio).toBeCloseTo(2, 12);
    expect(metrics?.participationRatioToNull).toBeCloseTo(4 / 3, 12);
    expect(metrics?.effectiveRank).toBeCloseTo((4 / 6) ** -(4 / 6) * (1 / 6) ** -(2 / 6), 12);
    expect(metrics?.effectiveRankRV).toBeCloseTo(2 * Math.sqrt(2), 12);
  });

  it('are in order, whatever the spectrum: stable rank ≤ participation ratio ≤ effective rank ≤ rank', () => {
    let seed = 1;
    const random = () => {
      seed = (seed * 48271) % 2147483647;
      return seed / 2147483647;
    };
    for (let round = 0; round < 500; round += 1) {
      const size = 1 + Math.floor(random() * 40);
      const power = random() * 12;
      const values = Float64Array.from({ length: size }, () => random() ** power)
        .sort()
        .reverse();
      const metrics = spectralMetrics(values, [size, size + 3]);
      if (!metrics) continue;
      const { stableRank, participationRatio, effectiveRank, rank } = metrics;
      const slack = 1 + 1e-9;
      expect(stableRank).toBeLessThanOrEqual(participationRatio * slack);
      expect(participationRatio).toBeLessThanOrEqual(effectiveRank * slack);
      // Values below the tolerance of `rank` have almost no energy.
      expect(effectiveRank).toBeLessThanOrEqual(rank * slack + 1e-6);
    }
  });

  it('do not overflow at extreme scales, and are null for zero', () => {
    expect(spectralMetrics(of(1e150, 1e150), [2, 2])?.participationRatio).toBeCloseTo(2, 12);
    expect(spectralMetrics(of(1e-170, 1e-170), [2, 2])?.stableRank).toBeCloseTo(2, 12);
    expect(spectralMetrics(of(0, 0), [2, 2])).toBeNull();
  });

  it('count a single tiny σ as rank loss only if it is zero to full precision', () => {
    expect(spectralMetrics(of(1, 0.5, 3e-7), [3, 3], { isSmallestExact: true })?.rank).toBe(3);
    expect(spectralMetrics(of(1, 0.5, 1e-16), [3, 3], { isSmallestExact: true })?.rank).toBe(2);
    expect(spectralMetrics(of(1, 3e-7, 2e-7), [3, 3])?.rank).toBe(1);
  });

  it('include both ends of the spectrum in the profile', () => {
    const profile = spectrumProfile(Float64Array.from({ length: 1000 }, (_, i) => 1000 - i));
    expect(profile).toHaveLength(24);
    expect(profile[0]).toBe(1);
    expect(profile.at(-1)).toBeCloseTo(0.001, 12);
  });
});

describe('the power-law fit', () => {
  it('finds the exponent of exact Pareto quantiles', () => {
    const alpha = 2.5;
    const n = 4000;
    const quantiles = Array.from({ length: n }, (_, i) => (1 - (i + 0.5) / n) ** (-1 / (alpha - 1))).reverse();
    const fit = fitPowerLaw(quantiles);
    expect(fit?.alpha).toBeCloseTo(alpha, 1);
    expect(fit?.distance).toBeLessThan(0.01);
  });

  it('leaves out the body below the cut-off', () => {
    const tail = Array.from({ length: 500 }, (_, i) => 10 * (1 - (i + 0.5) / 500) ** (-1 / 2));
    const body = Array.from({ length: 500 }, (_, i) => 9 + i / 500);
    const fit = fitPowerLaw([...tail, ...body].sort((a, b) => b - a));
    expect(fit?.alpha).toBeCloseTo(3, 1);
    expect(fit?.tail).toBeGreaterThan(400);
    expect(fit?.tail).toBeLessThan(560);
  });

  it('needs at least two values', () => {
    expect(fitPowerLaw([])).toBeNull();
    expect(fitPowerLaw([2])).toBeNull();
    expect(fitPowerLaw([2, 2, 2])).toBeNull();
  });
});
