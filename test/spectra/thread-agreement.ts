import { describe, expect, it } from 'vitest';
import { exactSpectrum } from '../../src/spectra/exact/exact-spectrum.ts';
import { fastSpectrum } from '../../src/spectra/fast/fast-spectrum.ts';
import { spectralMetrics } from '../../src/spectra/metrics.ts';
import type { FastMetrics } from '../../src/spectra/metrics-schema.ts';
import { boundedMetrics, STORING, violations } from './fast/bounds.ts';
import { Numbers, SHAPES, stored, withSingularValues } from './fast/matrices.ts';

const device = { name: 'cpu', reason: 'test' } as const;

/** Error of an exact singular value, in units of the largest, that is promised. */
const EXACT_TOLERANCE = 1e-5;

/** The number of threads that each session of onnxruntime gets, and the sessions so far. See `threads.test.ts`. */
export interface Threads {
  count: number;
  sessions: number;
}

type Case = readonly [shape: string, m: number, n: number];

/** Expect that spectra agree whether onnxruntime has one thread or two, even on a machine with fewer cores. */
export function describeThreads(threads: Threads, cases: readonly Case[]): void {
  async function withThreads<T>(count: number, measure: () => Promise<T>): Promise<T> {
    threads.count = count;
    threads.sessions = 0;
    const found = await measure();
    expect(threads.sessions).toBeGreaterThan(0);
    return found;
  }

  describe.each(cases)('with one and with two threads, %s [%i, %i]', (shape, m, n) => {
    const numbers = new Numbers(m * n);
    const sigma = SHAPES[shape]?.(Math.min(m, n), numbers) ?? [];
    const truth = spectralMetrics(Float64Array.from(sigma), [m, n]) ?? expect.fail('zero');
    const matrix = stored(withSingularValues(sigma, m, n, numbers), m, n);

    it('bounds contain the truth and overlap, and the same number of threads gives the same bytes', async () => {
      const fast = async () => (await fastSpectrum(matrix, { device })).metrics ?? expect.fail('no metrics');
      const one = await withThreads(1, fast);
      const two = await withThreads(2, fast);
      for (const metrics of [one, two]) expect(violations(metrics, truth, STORING)).toEqual([]);
      expect(disjoint(one, two)).toEqual([]);
      expect(JSON.stringify(await withThreads(2, fast))).toBe(JSON.stringify(two));
    });

    it('exact singular values agree, and the same number of threads gives the same ones', async () => {
      const exact = () => exactSpectrum(matrix, { device });
      const one = await withThreads(1, exact);
      const two = await withThreads(2, exact);
      for (const { singularValues } of [one, two]) {
        const errors = sigma.map((value, i) => Math.abs((singularValues[i] ?? Number.NaN) - value));
        expect(Math.max(...errors) / Math.max(...sigma)).toBeLessThan(EXACT_TOLERANCE / 2);
      }
      expect(await withThreads(2, exact)).toEqual(two);
    });
  });
}

/** The metrics whose bounds do not overlap. */
function disjoint(one: FastMetrics, two: FastMetrics): string[] {
  const others = new Map(boundedMetrics(two));
  return boundedMetrics(one).flatMap(([name, a]) => {
    const b = others.get(name);
    return b && a.low <= b.high && b.low <= a.high ? [] : [name];
  });
}
