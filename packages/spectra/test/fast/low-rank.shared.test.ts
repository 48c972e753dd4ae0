import { expect, it } from 'vitest';
import { errorProbes, PROBE_VECTORS } from '../../src/fast/gram-error.ts';
import { capturedShare } from '../../src/fast/low-rank.ts';

/** The share for a diagonal S. */
function shareOf(eigenvalues: readonly number[]): number {
  const probes = errorProbes(eigenvalues.length);
  const products = probes.map((value, i) => value * (eigenvalues[Math.floor(i / PROBE_VECTORS)] ?? 0));
  return capturedShare(
    probes,
    products,
    eigenvalues.reduce((sum, value) => sum + value, 0),
  );
}

const n = 500;

it('is 1 if there are no more directions than probe vectors, and small if all are alike', () => {
  const ofRank = (rank: number) => Array.from({ length: n }, (_, i) => (i < rank ? 1 + i : 0));
  expect(shareOf(ofRank(3))).toBeCloseTo(1, 4);
  expect(shareOf(ofRank(PROBE_VECTORS))).toBeCloseTo(1, 4);
  // A projection on 16 of 500 random directions.
  expect(shareOf(new Array<number>(n).fill(2))).toBeCloseTo(PROBE_VECTORS / n, 2);
});

it('never exceeds 1: what it counts is a part of the trace', () => {
  for (const decay of [0.5, 1, 2, 4]) {
    const share = shareOf(Array.from({ length: n }, (_, i) => (i + 1) ** -decay));
    expect(share).toBeGreaterThan(0);
    expect(share).toBeLessThanOrEqual(1);
  }
});
