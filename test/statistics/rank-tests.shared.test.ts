import { describe, expect, it } from 'vitest';
import { normalCdf } from '../../src/statistics/distributions.ts';
import { mannWhitney } from '../../src/statistics/mann-whitney.ts';
import { doubledRanks, wilcoxonSignedRank } from '../../src/statistics/wilcoxon.ts';

/** Numbers of SciPy 1.x: `wilcoxon(d, alternative, method="exact")` and `mannwhitneyu(x, y, "greater", method=…)`. */
const D12 = [-0.395, 0.831, 1.239, 1.231, 2.018, -0.185, 0.744, -0.166, -1.225, -0.504, 0.336, -0.715];
const D45 = [
  -0.0415, 1.2703, 0.7205, 0.7223, 0.4951, -0.0253, -1.7177, 1.1415, -1.3567, 0.3661, 0.0416, 0.2873, 0.4023, -0.1838,
  1.051, -1.1351, 0.9419, -1.5419, 1.3363, -0.359, 0.5241, 1.6581, -2.0127, -0.1646, 0.7235, 1.0493, 1.5083, 0.7561,
  0.6641, 0.2563, 0.4156, 0.221, 1.1418, 0.3093, 0.8189, 1.7661, 1.3202, -0.1941, 0.0466, 0.8848, -0.4923, -1.6809,
  -0.8614, 0.6887, -0.0611,
];
const X9 = [0.043, 1.147, -0.652, 2.665, 0.423, 0.076, 2.437, -0.689, -0.097];
const Y11 = [-0.089, -0.96, -0.34, 0.583, 0.169, -0.049, 0.988, 1.887, 1.563, -2.093, 1.371];
const X70 = [
  5, 6, 1, 6, 1, 1, 1, 8, 3, 3, 6, 11, 10, 4, 10, 8, 1, 7, 2, 7, 3, 0, 1, 9, 0, 3, 4, 6, 1, 10, 8, 8, 6, 2, 11, 11, 2,
  9, 7, 6, 2, 8, 2, 3, 4, 4, 4, 5, 0, 3, 3, 3, 0, 7, 10, 5, 2, 3, 4, 7, 2, 4, 2, 5, 10, 8, 8, 7, 2, 11,
];
const Y60 = [
  1, 3, 4, 6, 6, 8, 5, 3, 8, 3, 7, 5, 2, 9, 2, 0, 0, 6, 4, 4, 0, 7, 2, 9, 9, 0, 5, 8, 7, 9, 4, 3, 9, 7, 3, 9, 3, 5, 5,
  3, 1, 9, 6, 4, 9, 3, 9, 7, 0, 4, 1, 0, 4, 0, 8, 5, 2, 4, 3, 6,
];

/** All subsets of a size, as lists of indices. */
function subsets(n: number, size: number): number[][] {
  if (size === 0) return [[]];
  return Array.from({ length: n - size + 1 }, (_, i) => i).flatMap((first) =>
    subsets(n - first - 1, size - 1).map((rest) => [first, ...rest.map((index) => index + first + 1)]),
  );
}

describe('the signed-rank test', () => {
  it('agrees with SciPy without ties', () => {
    expect(wilcoxonSignedRank(D12)).toBeCloseTo(0.190185546875, 12);
    expect(wilcoxonSignedRank(D45)).toBeCloseTo(0.015065263795833062, 12);
    expect(wilcoxonSignedRank(D45.map((difference) => -difference))).toBeCloseTo(0.9853750719797176, 12);
  });

  it('agrees with the enumeration of all signs where there are ties, and leaves out zeros', () => {
    const differences = [1, 2, -2, 0, 3, 1, -1, 2, 5, 0];
    const changed = differences.filter((difference) => difference !== 0);
    const ranks = doubledRanks(changed.map(Math.abs));
    const sumOf = (isUp: (i: number) => boolean) => ranks.reduce((sum, rank, i) => sum + (isUp(i) ? rank : 0), 0);
    const observed = sumOf((i) => (changed[i] ?? 0) > 0);
    let extreme = 0;
    for (let signs = 0; signs < 2 ** changed.length; signs += 1) {
      if (sumOf((i) => (signs & (1 << i)) !== 0) >= observed) extreme += 1;
    }
    expect(wilcoxonSignedRank(differences)).toBeCloseTo(extreme / 2 ** changed.length, 12);
    expect(wilcoxonSignedRank([0, 0])).toBe(1);
    expect(wilcoxonSignedRank([])).toBe(1);
  });

  it('gives equal values the mean of their ranks', () => {
    expect(doubledRanks([3, 1, 3, 2]).map((rank) => rank / 2)).toEqual([3.5, 1, 3.5, 2]);
  });
});

describe('the rank-sum test', () => {
  it('agrees with SciPy: exact without ties, and the normal approximation with ties', () => {
    const exact = mannWhitney(X9, Y11);
    expect(exact.auc).toBeCloseTo(53 / 99, 12);
    expect(exact.p).toBeCloseTo(0.4118778280542987, 12);
    const normal = mannWhitney(X70, Y60);
    expect(normal.auc).toBeCloseTo(2171 / 4200, 12);
    expect(normal.p).toBeCloseTo(0.37041168994645907, 10);
  });

  it('agrees with the enumeration of all assignments where there are ties', () => {
    const [sample, other] = [
      [2, 2, 5, 7],
      [1, 2, 2, 5, 3],
    ];
    const values = [...(sample ?? []), ...(other ?? [])];
    const ranks = doubledRanks(values);
    const sumOf = (indices: readonly number[]) => indices.reduce((sum, index) => sum + (ranks[index] ?? 0), 0);
    const observed = sumOf([0, 1, 2, 3]);
    const all = subsets(values.length, 4);
    const extreme = all.filter((indices) => sumOf(indices) >= observed);
    expect(mannWhitney(sample ?? [], other ?? []).p).toBeCloseTo(extreme.length / all.length, 12);
  });

  it('says nothing where all values are the same', () => {
    expect(mannWhitney([1, 1], [1, 1, 1])).toEqual({ auc: 0.5, p: 1 });
    expect(mannWhitney(Array(40).fill(1), Array(40).fill(1))).toEqual({ auc: 0.5, p: 1 });
    expect(() => mannWhitney([], [1])).toThrow(RangeError);
  });
});

it('the normal distribution agrees with SciPy', () => {
  const known = [0.0013498980316300933, 0.06680720126885807, 0.5, 0.758036347776927, 0.9999683287581669];
  for (const [i, z] of [-3, -1.5, 0, 0.7, 4].entries()) expect(normalCdf(z)).toBeCloseTo(known[i] ?? Number.NaN, 14);
});
