import { describe, expect, it } from 'vitest';
import { rootFreeQL } from '../src/root-free-ql.ts';

/** @param coupling entry i couples i and i + 1 */
function eigenvalues(diagonal: number[], coupling: number[]): number[] {
  const d = Float64Array.from(diagonal);
  rootFreeQL(d, Float64Array.from([0, ...coupling]));
  return [...d].sort((a, b) => b - a);
}

const repeat = (n: number, entry: (i: number) => number) => Array.from({ length: n }, (_, i) => entry(i));

describe('eigenvalues of a tridiagonal matrix', () => {
  it.each([1, 2, 3, 200])('are 2·cos(kπ/(n + 1)) for a path of %i points', (n) => {
    const found = eigenvalues(
      repeat(n, () => 0),
      repeat(n - 1, () => 1),
    );
    found.forEach((value, k) => {
      expect(value).toBeCloseTo(2 * Math.cos(((k + 1) * Math.PI) / (n + 1)), 13);
    });
  });

  it('are those of Wilkinson’s W₂₁⁺, whose largest two agree in 14 digits', () => {
    const found = eigenvalues(
      repeat(21, (i) => Math.abs(10 - i)),
      repeat(20, () => 1),
    );
    // LAPACK (scipy.linalg.eigvalsh_tridiagonal).
    expect(found[0]).toBeCloseTo(10.746194182903393, 13);
    expect(found[1]).toBeCloseTo(10.746194182903322, 13);
    expect(found[2]).toBeCloseTo(9.210678647361332, 13);
    expect(found[3]).toBeCloseTo(9.210678647304919, 13);
    expect(found[20]).toBeCloseTo(-1.1254415221199854, 13);
  });

  it('are right if couplings are zero, or so small that their squares are', () => {
    expect(eigenvalues([3, 1, 1, 2], [0, 1, 1e-200])).toEqual([
      3,
      expect.closeTo(2, 14),
      expect.closeTo(2, 14),
      expect.closeTo(0, 14),
    ]);
  });

  it('are right if a rotation is by a right angle: gaps that are exactly the shift', () => {
    // Eigenvalues of [[0, 1], [1, 0]] and of [[1, 1, 0], [1, 1, 1], [0, 1, 1]]: 1 ± √2 and 1.
    expect(eigenvalues([0, 0], [1])).toEqual([expect.closeTo(1, 14), expect.closeTo(-1, 14)]);
    expect(eigenvalues([1, 1, 1], [1, 1])).toEqual([
      expect.closeTo(1 + Math.SQRT2, 14),
      expect.closeTo(1, 14),
      expect.closeTo(1 - Math.SQRT2, 14),
    ]);
  });
});
