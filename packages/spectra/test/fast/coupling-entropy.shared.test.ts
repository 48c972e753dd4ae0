import { float32Data } from '@shadow-gate/checkpoints/onnx';
import { EigenvalueDecomposition, Matrix } from 'ml-matrix';
import { expect, it } from 'vitest';
import { couplingEntropy } from '../../src/fast/coupling-entropy.ts';
import { gaussian } from '../../src/fast/gaussian.ts';
import { LanczosBasis } from '../../src/fast/lanczos-basis.ts';
import { Operator } from '../../src/fast/operator.ts';
import { continueProcess } from '../../src/fast/probe-vectors.ts';
import { Numbers, SHAPES, stored, withSingularValues } from './matrices.ts';

const device = { name: 'cpu', reason: 'test' } as const;

function eigenvalues(matrix: Matrix): number[] {
  return new EigenvalueDecomposition(matrix, { assumeSymmetric: true }).realEigenvalues;
}

/** Tr S·ln S; rounding may leave zeros slightly negative. */
function entropy(matrix: Matrix): number {
  return eigenvalues(matrix).reduce((sum, x) => sum + (x > 1e-9 ? x * Math.log(x) : 0), 0);
}

it.each(['gaussian', 'heavyTail', 'lowRankAndNoise', 'rankDeficient'])(
  'the entropy of the coupling is between its bounds, and more known blocks make them narrower: %s',
  async (shape) => {
    const [n, b] = [90, 4];
    const numbers = new Numbers(31);
    const sigma = SHAPES[shape]?.(n, numbers) ?? [];
    const energy = sigma.reduce((sum, value) => sum + value * value, 0);
    const values = withSingularValues(sigma, n, n, numbers);
    const a = new Matrix(Array.from({ length: n }, (_, i) => Array.from(values.subarray(i * n, (i + 1) * n))));
    const s = a
      .transpose()
      .mmul(a)
      .mul(n / energy);
    const operator = await Operator.open(stored(values, n, n), { device, reference: null, energy, gram: null });
    try {
      const basis = new LanczosBasis(operator, n);
      await basis.start(gaussian(1, b * n));
      for (let i = 0; i < 6; i += 1) await basis.grow();

      // I − QᵀQ, and S on either side of it.
      const identity = Float32Array.from({ length: n * n }, (_, i) => (i % (n + 1) === 0 ? 1 : 0));
      const rows = float32Data((await basis.project(identity)).rows);
      const outside = Matrix.from1DArray(n, n, Array.from(rows));
      const complement = outside.mmul(s).mmul(outside.transpose());
      const t = Matrix.from1DArray(basis.size, basis.size, Array.from(basis.matrix()));
      const truth = entropy(s) - entropy(t) - entropy(complement);
      const ceiling = Math.max(...eigenvalues(complement)) * 1.2;

      const widths: number[] = [];
      for (const blocks of [0, 1, 2]) {
        const here = basis.mark();
        const beyond = await continueProcess(basis, basis.coupling, blocks);
        here.drop();
        const { low, high } = couplingEntropy(basis, beyond, ceiling);
        const slack = 1e-5 * n;
        expect(low - slack).toBeLessThanOrEqual(truth);
        expect(truth).toBeLessThanOrEqual(high + slack);
        widths.push(high - low);
      }
      const [none = 0, one = 0, two = 0] = widths;
      expect(one).toBeLessThanOrEqual(none);
      expect(two).toBeLessThanOrEqual(one);
      if (shape === 'gaussian') expect(two).toBeLessThan(none / 2);
    } finally {
      await operator.release();
    }
  },
);

it('numbers too large for a factor make the upper bound as large as it can be, and not as small', () => {
  const ofBlocks = { size: 2, matrix: () => Float64Array.of(1e-20, 0, 0, 1e-20) };
  const k = Float64Array.of(1e150, 1e150, 1e150, 1e150);
  const beyond = { b: 2, diagonal: [], offDiagonal: [k] };
  const { low, high } = couplingEntropy(ofBlocks as unknown as LanczosBasis, beyond, 1e300);
  expect(low).toBeLessThanOrEqual(high);
  // All of the integral, up to 100 times the ceiling, at its worst.
  expect(high).toBeGreaterThan(1e302);
});
