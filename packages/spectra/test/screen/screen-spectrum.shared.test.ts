import { lowerBound, type MaybeBounded, upperBound } from '@shadow-gate/spectra/bounded';
import { spectralMetrics } from '@shadow-gate/spectra/metrics';
import type { Metrics } from '@shadow-gate/spectra/metrics-schema';
import { describe, expect, it } from 'vitest';
import { readJson, repository } from '../../../../test/fixtures.ts';
import { screenSpectrum } from '../../src/screen/screen-spectrum.ts';
import { Numbers, SHAPES, stored, withSingularValues } from '../fast/matrices.ts';
import { cpu } from '../fast/sweep.ts';

type Truth = Pick<Metrics, 'frobeniusNorm'> &
  Record<'spectralNorm' | 'stableRank' | 'participationRatio' | 'effectiveRank', number> & {
    readonly topEnergy: Readonly<Record<keyof Metrics['topEnergy'], number>>;
  };

interface Case extends Truth {
  readonly m: number;
  readonly n: number;
  readonly decay: number;
  readonly spike: number;
}

/** What `make_screens.py` gave to LAPACK. */
function formula({ m, n, decay, spike }: Case): Float64Array {
  return Float64Array.from({ length: m * n }, (_, i) => {
    const [row, column] = [Math.floor(i / n), i % n];
    const entry = ((i * 7919) % 104729) / 104729 - 0.5;
    return entry * (column + 1) ** -decay + (spike * ((row * 31) % 97) * ((column * 17) % 89)) / 97 / 89;
  });
}

const bounds = ({ spectralNorm, stableRank, participationRatio, effectiveRank, topEnergy }: Metrics | Truth) =>
  Object.entries<MaybeBounded>({ spectralNorm, stableRank, participationRatio, effectiveRank, ...topEnergy });

/** The metrics whose true value is not between the bounds. */
function violations(screen: Metrics, truth: Truth): string[] {
  const truths = new Map(bounds(truth));
  return bounds(screen).flatMap(([name, measured]) => {
    const exact = Number(truths.get(name));
    const isRight = lowerBound(measured) <= exact * (1 + 1e-9) && exact <= upperBound(measured) * (1 + 1e-9);
    return isRight ? [] : [`${name}: ${exact} is not in [${lowerBound(measured)}, ${upperBound(measured)}]`];
  });
}

async function screen(values: ArrayLike<number>, m: number, n: number): Promise<Metrics> {
  const spectrum = await screenSpectrum(stored(values, m, n, 'F64'), { device: cpu });
  expect(spectrum?.method).toBe('screened');
  return spectrum?.metrics ?? expect.fail('the matrix has no screen');
}

describe('the screen of a matrix', () => {
  const cases = readJson<Case[]>(repository('packages', 'spectra', 'test', 'screen', 'screens.json'));

  it.each(cases)('has bounds around what LAPACK finds: $m × $n, decay $decay, spike $spike', async (truth) => {
    const metrics = await screen(formula(truth), truth.m, truth.n);
    expect(violations(metrics, truth)).toEqual([]);
    expect(Math.abs(metrics.frobeniusNorm / truth.frobeniusNorm - 1)).toBeLessThan(1e-9);
    const { '1': top } = metrics.topEnergy;
    expect(upperBound(top) - lowerBound(top)).toBeLessThan(Math.max(0.1 * truth.topEnergy['1'], 0.004));
  });

  // Rank one leaves nothing to bound: its full spectrum takes no time.
  const shapes = Object.keys(SHAPES).filter((shape) => shape !== 'rankOne');
  it.each(shapes)('has bounds around singular values that are known: %s', async (shape) => {
    const numbers = new Numbers(7);
    const [m, n] = [560, 512];
    const sigma = SHAPES[shape]?.(n, numbers) ?? expect.fail();
    const truth = spectralMetrics(Float64Array.from(sigma), [m, n]) ?? expect.fail();
    const metrics = await screen(withSingularValues(sigma, m, n, numbers), m, n);
    expect(violations(metrics, truth as unknown as Truth)).toEqual([]);
  });

  it('is not there where it says nothing: zeros, NaN, numbers beyond float64, and few columns', async () => {
    const size = 600;
    const values = new Float64Array(size * size);
    const screened = (numbers: Float64Array, n = size) =>
      screenSpectrum(stored(numbers, numbers.length / n, n, 'F64'), { device: cpu });
    expect(await screened(values)).toBeNull();
    expect(await screened(values.map((_, i) => (i === 9 ? Number.NaN : 1)))).toBeNull();
    expect(await screened(values.fill(1e200))).toBeNull();
    expect(await screened(new Numbers(1).gaussians(300 * 300), 300)).toBeNull();
  });
});
