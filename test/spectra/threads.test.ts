import { describe, expect, it, vi } from 'vitest';
import { exactSpectrum } from '../../src/spectra/exact/exact-spectrum.ts';
import { fastSpectrum } from '../../src/spectra/fast/fast-spectrum.ts';
import { spectralMetrics } from '../../src/spectra/metrics.ts';
import type { FastMetrics } from '../../src/spectra/metrics-schema.ts';
import { boundedMetrics, STORING, violations } from './fast/bounds.ts';
import { Numbers, SHAPES, stored, withSingularValues } from './fast/matrices.ts';

/** What onnxruntime is told: by itself it takes as many threads as the machine has cores. */
const ortThreads = vi.hoisted(() => ({ count: 1, sessions: 0 }));

vi.mock('onnxruntime-node', async (importOriginal) => {
  const ort = await importOriginal<typeof import('onnxruntime-node')>();
  const create = (graph: Uint8Array, options: object) => {
    ortThreads.sessions += 1;
    return ort.InferenceSession.create(graph, { ...options, intraOpNumThreads: ortThreads.count });
  };
  return { ...ort, InferenceSession: { create } };
});

const device = { name: 'cpu', reason: 'test' } as const;

/** With so many threads, on machines with fewer cores too. */
async function withThreads<T>(count: number, measure: () => Promise<T>): Promise<T> {
  ortThreads.count = count;
  ortThreads.sessions = 0;
  const found = await measure();
  expect(ortThreads.sessions).toBeGreaterThan(0);
  return found;
}

/** Of a singular value, in units of the largest: what is promised of exact ones. */
const EXACT_TOLERANCE = 1e-5;

/** Large enough that neither is computed completely: above the Gram matrix, above the Krylov basis. */
const CASES = [
  ['heavyTail', 1280, 1200],
  ['gaussian', 1200, 1320],
  ['lowRankAndNoise', 1200, 1200],
] as const;

describe.each(CASES)('with one and with two threads, %s [%i, %i]', (shape, m, n) => {
  const numbers = new Numbers(m * n);
  const sigma = SHAPES[shape]?.(Math.min(m, n), numbers) ?? [];
  const truth = spectralMetrics(Float64Array.from(sigma), [m, n]) ?? expect.fail('zero');
  const matrix = stored(withSingularValues(sigma, m, n, numbers), m, n);

  it('the brackets hold the truth and meet, and the same threads give the same bytes', async () => {
    const fast = async () => (await fastSpectrum(matrix, { device })).metrics ?? expect.fail('no metrics');
    const one = await withThreads(1, fast);
    const two = await withThreads(2, fast);
    for (const metrics of [one, two]) expect(violations(metrics, truth, STORING)).toEqual([]);
    expect(apart(one, two)).toEqual([]);
    expect(JSON.stringify(await withThreads(2, fast))).toBe(JSON.stringify(two));
  });

  it('exact values agree', async () => {
    const exact = () => exactSpectrum(matrix, { device });
    const one = await withThreads(1, exact);
    const two = await withThreads(2, exact);
    const largest = sigma[0] ?? 0;
    sigma.forEach((value, i) => {
      for (const { singularValues } of [one, two]) {
        expect(Math.abs((singularValues[i] ?? Number.NaN) - value) / largest).toBeLessThan(EXACT_TOLERANCE / 2);
      }
    });
    expect(await withThreads(2, exact)).toEqual(two);
  });
});

/** Brackets of the same number that have nothing in common. */
function apart(one: FastMetrics, two: FastMetrics): string[] {
  const others = new Map(boundedMetrics(two));
  return boundedMetrics(one).flatMap(([name, a]) => {
    const b = others.get(name);
    return b && a.low <= b.high && b.low <= a.high ? [] : [name];
  });
}
