import { profileRanks, spectralMetrics, spectrumProfile } from '@shadow-gate/spectra/metrics';
import { describe, expect, it } from 'vitest';
import { nullPoints, profilePoints } from '../../../../src/report/html/spectra/profile.ts';
import { curvePath, profileFrame } from '../../../../src/report/html/spectra/profile-chart.ts';
import { measured, sigmas } from './fixture.ts';

const shapes = [
  [1500, 4000],
  [96, 256],
  [30, 30],
  [8, 5],
  [2, 9],
  [1, 7],
] as const;

describe('a σ-profile', () => {
  it.each(shapes)('of %i × %i goes through the singular values that it was made of', (m, n) => {
    const size = Math.min(m, n);
    const values = sigmas(size, 0.6);
    const norm = Math.hypot(...values);
    const points = profilePoints(
      measured({ name: 'w', module: 'q_proj', layer: 0, shape: [m, n], of: 'delta', decay: 0.6 }),
    );
    expect(points[0]?.[0]).toBe(1);
    expect(points[0]?.[1]).toBeCloseTo((values[0] ?? 0) / norm, 6);
    expect(points.at(-1)?.[0]).toBe(size);
    // Other ranks stand for a range of ranks around them.
    const stored = new Set(profileRanks(size));
    for (const [rank, sigma] of points) {
      const [before, after] = [values[Math.floor(rank) - 1] ?? 0, values[Math.ceil(rank) - 1] ?? 0];
      const slack = stored.has(rank - 1) ? 1.0006 : 1.25;
      expect(sigma * norm).toBeLessThanOrEqual(before * slack);
      expect(sigma * norm).toBeGreaterThanOrEqual(after / slack);
    }
    const falling = points.map(([, sigma]) => sigma);
    expect(falling).toEqual([...falling].sort((a, b) => b - a));
  });

  it('of a large matrix has points among the first ranks, where the stored ones are far apart', () => {
    const points = profilePoints(
      measured({ name: 'w', module: 'q_proj', layer: 0, shape: [1500, 1500], of: 'delta', decay: 0.6 }),
    );
    expect(points.filter(([rank]) => rank < 100).map(([rank]) => Math.round(rank))).toEqual([1, 4, 12, 66]);
  });

  it('of an adapter ends with its rank, and has all of its energy', () => {
    const values = new Float64Array(576);
    values.set(Array.from({ length: 16 }, (_, i) => 0.8 ** i));
    const metrics = spectralMetrics(values, [576, 1536]);
    if (metrics === null) expect.fail('no metrics');
    const points = profilePoints({ shape: [576, 1536], loraRank: 16, metrics, spectrum: spectrumProfile(values) });
    const norm = Math.hypot(...values);
    // Ranks 9 to 16, which no stored rank is among.
    const [rank, sigma] = points.at(-1) ?? [0, 0];
    expect(rank).toBeCloseTo(12, 5);
    expect(sigma * norm).toBeCloseTo(Math.sqrt(values.slice(8, 16).reduce((sum, x) => sum + x * x, 0) / 8), 6);
  });

  it('is empty for a matrix without a spectrum', () => {
    expect(profilePoints({ shape: [4, 4], metrics: null, spectrum: [] })).toEqual([]);
  });
});

describe('the random curve', () => {
  it('ends with the rank of a matrix, or of an adapter', () => {
    expect(nullPoints({ shape: [96, 256] }).at(-1)?.[0]).toBeCloseTo(96, 9);
    expect(nullPoints({ shape: [96, 256], loraRank: 8 }).at(-1)?.[0]).toBeCloseTo(8, 9);
    expect(nullPoints({ shape: [1, 7] }).map(([rank]) => rank)).toEqual([1]);
  });
});

describe('the path of a curve', () => {
  const frame = { lastRank: 100, lowest: 0.01 };

  it('is logarithmic along both axes', () => {
    expect(
      curvePath(
        [
          [1, 1],
          [10, 0.1],
          [100, 0.01],
        ],
        frame,
      ),
    ).toBe('M52,26 259,153 466,280');
  });

  it('ends at the lower edge where it leaves the chart', () => {
    expect(
      curvePath(
        [
          [1, 1],
          [10, 0.1],
          [100, 0.001],
        ],
        frame,
      ),
    ).toBe('M52,26 259,153 363,280');
    expect(curvePath([[1, 1e-9]], frame)).toBe('');
  });

  it('has a frame whose lowest value is 1, 2 or 5 times a power of ten', () => {
    expect(
      profileFrame(100, [
        [
          [1, 0.6],
          [50, 0.034],
          [100, 1e-7],
        ],
      ]),
    ).toEqual({ lastRank: 100, lowest: 0.02 });
  });
});
