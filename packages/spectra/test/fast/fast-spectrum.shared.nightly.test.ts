import { spectralMetrics } from '@shadow-gate/spectra/metrics';
import { expect, it } from 'vitest';
import { STORING, violations } from './bounds.ts';
import { SHAPES, stored } from './matrices.ts';
import { expectBoundsHold, expectNarrowBounds, LITTLE, measure } from './sweep.ts';

const CASES = 21;
const LARGEST = 420;

it.each(Object.keys(SHAPES).map((shape, i) => ({ shape, seed: 2 + i * CASES })))(
  `bounds contain the truth in ${CASES} matrices of shape $shape, so that a comparison is never wrong`,
  async ({ shape, seed }) => {
    await expectBoundsHold(shape, { cases: CASES, largest: LARGEST, seed });
  },
);

it.each([
  ['heavyTail', 2048, 1536],
  ['gentleTail', 1536, 2048],
  ['gaussian', 2048, 2048],
  ['equal', 1536, 1600],
  ['lowRankAndNoise', 2048, 1700],
  ['spikesOnFlat', 1536, 1536],
  ['clusteredAtBoundary', 1600, 2048],
])('bounds of a large matrix are too narrow for a policy to notice: %s [%i, %i]', async (shape, m, n) => {
  await expectNarrowBounds(shape, m, n);
});

it('bounds contain the truth of a matrix of equal entries, whose long sums are all rounded the same way', async () => {
  const [m, n] = [1100, 4096];
  const value = Math.fround(1 / 3);
  const sigma = Float64Array.from({ length: m }, (_, i) => (i === 0 ? value * Math.sqrt(m * n) : 0));
  const truth = spectralMetrics(sigma, [m, n]) ?? expect.fail('the matrix is zero');
  const metrics = await measure(stored(new Float64Array(m * n).fill(value), m, n), { effort: LITTLE[1] });
  expect(violations(metrics, truth, STORING)).toEqual([]);
});
