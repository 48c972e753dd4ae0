import { spectralMetrics } from '@shadow-gate/spectra/metrics';
import type { FastMetrics } from '@shadow-gate/spectra/metrics-schema';
import { expect, it } from 'vitest';
import { denseSingularValues } from '../src/exact/dense-svd.ts';
import { UNSHARED } from '../src/exact/solver.ts';
import { fastSpectrum } from '../src/fast/fast-spectrum.ts';
import { boundedMetrics, STORING, violations } from './fast/bounds.ts';
import { Numbers, SHAPES, stored, withSingularValues } from './fast/matrices.ts';

const device = { name: 'cpu', reason: 'test' } as const;

/** Error of an exact singular value, in units of the largest, that is promised. */
const EXACT_TOLERANCE = 1e-5;

/** The number of threads that each session of onnxruntime gets, and the sessions so far. See `threads.test.ts`. */
interface Threads {
  count: number;
  sessions: number;
}

type Case = readonly [shape: string, m: number, n: number];

async function withThreads<T>(threads: Threads, count: number, measure: () => Promise<T>): Promise<T> {
  threads.count = count;
  threads.sessions = 0;
  const found = await measure();
  expect(threads.sessions).toBeGreaterThan(0);
  return found;
}

function matrixOf([shape, m, n]: Case) {
  const numbers = new Numbers(m * n);
  const sigma = SHAPES[shape]?.(Math.min(m, n), numbers) ?? expect.fail(`no shape ${shape}`);
  return { sigma, matrix: stored(withSingularValues(sigma, m, n, numbers), m, n) };
}

// Both work on a machine with fewer cores too.

export function itBoundsAgree(threads: Threads, cases: readonly Case[]): void {
  it.each(cases)('bounds with one and with two threads overlap, and repeat exactly: %s [%i, %i]', async (...of) => {
    const { sigma, matrix } = matrixOf(of);
    const truth = spectralMetrics(Float64Array.from(sigma), matrix.view.shape) ?? expect.fail('zero');
    const fast = async () => (await fastSpectrum(matrix, { device })).metrics ?? expect.fail('no metrics');
    const one = await withThreads(threads, 1, fast);
    const two = await withThreads(threads, 2, fast);
    for (const metrics of [one, two]) expect(violations(metrics, truth, STORING)).toEqual([]);
    expect(disjoint(one, two)).toEqual([]);
    expect(JSON.stringify(await withThreads(threads, 2, fast))).toBe(JSON.stringify(two));
  });
}

export function itExactValuesAgree(threads: Threads, cases: readonly Case[]): void {
  it.each(cases)('exact values with one and with two threads agree, and repeat exactly: %s [%i, %i]', async (...of) => {
    const { sigma, matrix } = matrixOf(of);
    const energy = sigma.reduce((sum, value) => sum + value * value, 0);
    const exact = () => denseSingularValues(matrix, { device, reference: null, energy, resources: UNSHARED });
    const one = await withThreads(threads, 1, exact);
    const two = await withThreads(threads, 2, exact);
    for (const { values } of [one, two]) {
      const errors = sigma.map((value, i) => Math.abs((values[i] ?? Number.NaN) - value));
      expect(Math.max(...errors) / Math.max(...sigma)).toBeLessThan(EXACT_TOLERANCE / 2);
    }
    expect(await withThreads(threads, 2, exact)).toEqual(two);
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
