import { describe, expect, it } from 'vitest';
import { symmetricEigenvalues, symmetricEigenvaluesWithRows } from '../src/eigenvalues.ts';

function dense(n: number, entry: (i: number, j: number) => number): Float64Array {
  return Float64Array.from({ length: n * n }, (_, k) => entry(Math.floor(k / n), k % n));
}

describe('eigenvalues of a symmetric matrix', () => {
  it('are 2 − 2·cos(kπ/(n + 1)) for the discrete Laplacian', () => {
    const n = 60;
    const laplacian = dense(n, (i, j) => (i === j ? 2 : Math.abs(i - j) === 1 ? -1 : 0));
    const values = symmetricEigenvalues(laplacian, n);
    for (let k = 1; k <= n; k += 1) {
      expect(values[n - k]).toBeCloseTo(2 - 2 * Math.cos((k * Math.PI) / (n + 1)), 13);
    }
  });

  it('are 1/(4·sin²((2k − 1)π/(4n + 2))) for the dense matrix min(i, j)', () => {
    const n = 80;
    const values = symmetricEigenvalues(
      dense(n, (i, j) => Math.min(i, j) + 1),
      n,
    );
    for (let k = 1; k <= n; k += 1) {
      const exact = 1 / (4 * Math.sin(((2 * k - 1) * Math.PI) / (4 * n + 2)) ** 2);
      expect(Math.abs((values[k - 1] ?? 0) - exact)).toBeLessThan(1e-12 * (values[0] ?? 0));
    }
  });

  it('are the same whatever was decomposed before, odd and even sizes, rows of 64 numbers', () => {
    const answers = new Map<number, Float64Array>();
    for (const n of [129, 128, 65, 64, 63, 3, 2, 1, 2, 3, 63, 64, 65, 128, 129]) {
      const values = symmetricEigenvalues(
        dense(n, (i, j) => Math.min(i, j) + 1),
        n,
      );
      for (let k = 1; k <= n; k += 1) {
        const exact = 1 / (4 * Math.sin(((2 * k - 1) * Math.PI) / (4 * n + 2)) ** 2);
        expect(Math.abs((values[k - 1] ?? 0) - exact)).toBeLessThan(1e-12 * (values[0] ?? 0));
      }
      expect(values).toEqual(answers.get(n) ?? values);
      answers.set(n, values);
    }
  });

  it('are those in Golub & Van Loan for the Hilbert matrix 5 × 5, the smallest 3.287928772e-6', () => {
    const values = symmetricEigenvalues(
      dense(5, (i, j) => 1 / (i + j + 1)),
      5,
    );
    expect(values[0]).toBeCloseTo(1.5670506910982, 12);
    expect(values[4]).toBeCloseTo(3.287928772e-6, 13);
  });

  it('are right if all but one are equal, as with a single spike', () => {
    const n = 50;
    const values = symmetricEigenvalues(
      dense(n, (i, j) => 1 + (i === j ? 3 : 0)),
      n,
    );
    expect(values[0]).toBeCloseTo(n + 3, 11);
    for (const value of values.subarray(1)) expect(value).toBeCloseTo(3, 12);
  });

  it.each([1e-290, 1e290])('neither overflow nor underflow at the scale %d', (scale) => {
    const values = symmetricEigenvalues(
      dense(3, (i, j) => scale * (i === j ? 2 : 1)),
      3,
    );
    expect([...values].map((value) => value / scale)).toEqual([
      expect.closeTo(4, 12),
      expect.closeTo(1, 12),
      expect.closeTo(1, 12),
    ]);
  });

  it('are right for a matrix of zeros, and for size one', () => {
    expect([...symmetricEigenvalues(new Float64Array(9), 3)]).toEqual([0, 0, 0]);
    expect([...symmetricEigenvalues(Float64Array.of(-2.5), 1)]).toEqual([-2.5]);
  });

  it('are right for a matrix graded over hundreds of orders, whose squares vanish', () => {
    const n = 24;
    for (const decades of [40, 300]) {
      const scale = (i: number) => 10 ** (-(decades * i) / n);
      const graded = dense(n, (i, j) => scale(i) * scale(j) * (i === j ? 2 : 1));
      for (const reversed of [false, true]) {
        const values = symmetricEigenvalues(
          reversed ? dense(n, (i, j) => graded[(n - 1 - i) * n + (n - 1 - j)] ?? 0) : graded.slice(),
          n,
        );
        expect(values.every(Number.isFinite)).toBe(true);
        expect(values.reduce((sum, value) => sum + value, 0)).toBeCloseTo(
          2 * Array.from({ length: n }, (_, i) => scale(i) ** 2).reduce((a, b) => a + b),
          12,
        );
      }
    }
  });

  it('depend on the lower triangle only', () => {
    const lower = Float64Array.of(2, Number.NaN, 1, 2);
    expect([...symmetricEigenvalues(lower, 2)]).toEqual([expect.closeTo(3, 14), expect.closeTo(1, 14)]);
  });

  it('are refused for a matrix that is not finite', () => {
    expect(() => symmetricEigenvalues(Float64Array.of(1, 0, Number.NaN, 1), 2)).toThrow(RangeError);
  });
});

describe('eigenvalues with some coordinates of the eigenvectors', () => {
  /** A matrix with zeros, so that couplings vanish during the sweeps. */
  const n = 24;
  const entry = (i: number, j: number) => (Math.abs(i - j) < 5 ? Math.sin(1 + i * j) + (i === j ? i : 0) : 0);

  it('are the whole decomposition for all coordinates: A·V = V·Λ, VᵀV = I', () => {
    const rows = Array.from({ length: n }, (_, i) => Float64Array.from({ length: n }, (_, k) => (i === k ? 1 : 0)));
    const values = symmetricEigenvaluesWithRows(dense(n, entry), n, rows);
    const v = (i: number, k: number) => rows[i]?.[k] ?? Number.NaN;
    const sum = (f: (k: number) => number) => Array.from({ length: n }, (_, k) => f(k)).reduce((a, b) => a + b, 0);
    for (let i = 0; i < n; i += 1) {
      for (let k = 0; k < n; k += 1) {
        expect(sum((j) => entry(i, j) * v(j, k))).toBeCloseTo((values[k] ?? 0) * v(i, k), 11);
        expect(sum((j) => v(j, i) * v(j, k))).toBeCloseTo(i === k ? 1 : 0, 12);
      }
    }
    const alone = symmetricEigenvalues(dense(n, entry), n);
    const sorted = [...values].sort((a, b) => b - a);
    for (const [k, value] of sorted.entries()) expect(value).toBeCloseTo(alone[k] ?? Number.NaN, 12);
  });

  it('reproduce the moments of a vector: Σ (x·v)²·λᵏ = xᵀ·Aᵏ·x', () => {
    const x = Float64Array.from({ length: n }, (_, i) => Math.cos(3 * i));
    const row = x.slice();
    const values = symmetricEigenvaluesWithRows(dense(n, entry), n, [row]);
    let power = Array.from(x);
    for (let k = 0; k < 4; k += 1) {
      const moment = power.reduce((sum, value, i) => sum + value * (x[i] ?? 0), 0);
      const found = values.reduce((sum, value, i) => sum + (row[i] ?? 0) ** 2 * value ** k, 0);
      expect(found / moment).toBeCloseTo(1, 11);
      power = power.map((_, i) => power.reduce((sum, value, j) => sum + entry(i, j) * value, 0));
    }
  });
});
