import { EigenvalueDecomposition, Matrix } from 'ml-matrix';
import { describe, expect, it } from 'vitest';
import { bandEigenvalues } from '../../src/fast/band-eigenvalues.ts';
import { Numbers } from './matrices.ts';

/** Bᵀ·B of an upper band B whose rows decay: a band ⪰ 0, graded over ten orders of magnitude for fall = 11. */
function semidefinite(n: number, width: number, fall: number, numbers: Numbers): Float64Array {
  const b = new Matrix(n, n);
  for (let i = 0; i < n; i += 1) {
    const row = numbers.gaussians(width + 1);
    for (let k = 0; k <= width && i + k < n; k += 1) b.set(i, i + k, (row[k] ?? 0) * Math.exp((-fall * i) / n));
  }
  return Float64Array.from(b.transpose().mmul(b).to1DArray());
}

/** The eigenvalues by ml-matrix, largest first. */
function truthOf(t: Float64Array, n: number): number[] {
  const matrix = Matrix.from1DArray(n, n, Array.from(t));
  return new EigenvalueDecomposition(matrix, { assumeSymmetric: true }).realEigenvalues.sort((a, b) => b - a);
}

function expectSame(found: Float64Array, truth: readonly number[]): void {
  const largest = truth[0] ?? 0;
  expect(found.length).toBe(truth.length);
  for (const [i, value] of truth.entries()) expect(Math.abs((found[i] ?? 0) - value)).toBeLessThan(1e-11 * largest);
}

describe('eigenvalues of a band', () => {
  const numbers = new Numbers(5);

  for (const [n, width, fall] of [
    [1, 1, 0],
    [16, 16, 0],
    [40, 3, 0],
    [100, 8, 11],
    [160, 16, 2],
  ] as const) {
    it(`are those of the dense matrix: ${n} × ${n}, width ${width}, falling by e^−${fall}`, () => {
      const t = semidefinite(n, width, fall, numbers);
      const truth = truthOf(t, n);
      expectSame(bandEigenvalues(t, n, width), truth);
    });
  }

  it('are right if the matrix is singular', () => {
    const t = semidefinite(60, 4, 0, numbers).map((value, i) => (i % 60 > 40 || i > 41 * 60 ? 0 : value));
    expectSame(bandEigenvalues(t.slice(), 60, 4), truthOf(t, 60));
  });

  it('are right if the matrix is not a band, or not semidefinite', () => {
    const t = semidefinite(50, 4, 0, numbers);
    t[40 * 50 + 3] = 0.5;
    t[3 * 50 + 40] = 0.5;
    expectSame(bandEigenvalues(t.slice(), 50, 4), truthOf(t, 50));
    const indefinite = semidefinite(50, 4, 0, numbers).map((value, i) => (i % 51 === 0 ? value - 3 : value));
    expectSame(bandEigenvalues(indefinite.slice(), 50, 4), truthOf(indefinite, 50));
  });

  it('are zero for a matrix of zeros', () => {
    expect([...bandEigenvalues(new Float64Array(9), 3, 1)]).toEqual([0, 0, 0]);
  });
});
