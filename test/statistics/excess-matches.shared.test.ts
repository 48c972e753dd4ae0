import { describe, expect, it } from 'vitest';
import { excessMatches, type LabelPair } from '../../src/statistics/excess-matches.ts';
import { seeded } from './seeded.ts';

const pairsOf = (first: string, second: string, strata = 'x'.repeat(first.length)): LabelPair[] =>
  [...first].map((label, i) => ({ first: label, second: second[i] ?? '', stratum: strata[i] ?? '' }));

/** The share of all permutations of the second labels, within strata, that match at least as often. */
function byEnumeration(first: string, second: string, strata: string): number {
  const observed = [...first].filter((label, i) => label === second[i]).length;
  let all = 0;
  let extreme = 0;
  const place = (taken: readonly number[]): void => {
    const i = taken.length;
    if (i === first.length) {
      all += 1;
      if (taken.filter((j, k) => first[k] === second[j]).length >= observed) extreme += 1;
      return;
    }
    for (let j = 0; j < first.length; j += 1) {
      if (!taken.includes(j) && strata[j] === strata[i]) place([...taken, j]);
    }
  };
  place([]);
  return extreme / all;
}

describe('the permutation test for excess matches', () => {
  it.each([
    ['AABB', 'AABB', 'xxxx'],
    ['AABBC', 'ABABC', 'xxxxx'],
    ['ABCABC', 'ABCACB', 'xxxyyy'],
    ['AABBCCA', 'ABBBCAC', 'xyxyxyx'],
  ])('agrees with the enumeration of all permutations: %s and %s in the strata %s', (first, second, strata) => {
    const exact = byEnumeration(first, second, strata);
    expect(excessMatches(pairsOf(first, second, strata)).p).toBeGreaterThan(0.8 * exact);
    expect(excessMatches(pairsOf(first, second, strata)).p).toBeLessThan(1.2 * exact);
  });

  it('agrees with the hypergeometric distribution for two labels: Σ C(10, k) C(10, 10 − k) ÷ C(20, 10) over k ≥ 8 is .0115', () => {
    // 10 times A and 10 times B in both; 8 A's and so 8 B's match.
    const { p } = excessMatches(pairsOf('A'.repeat(10) + 'B'.repeat(10), `${'A'.repeat(8)}BBAA${'B'.repeat(8)}`));
    expect(p).toBeGreaterThan(0.0115067 * 0.85);
    expect(p).toBeLessThan(0.0115067 * 1.15);
  });

  it('a constant labeling proves nothing, however often it matches', () => {
    expect(excessMatches(pairsOf('AAAAAAAA', 'AAAAAABB'))).toEqual({ matches: 6, p: 1 });
    expect(excessMatches([])).toEqual({ matches: 0, p: 1 });
  });

  it('is below 0.001 where all of 40 match, and gives the same number again', () => {
    const labels = 'ABCD'.repeat(10);
    expect(excessMatches(pairsOf(labels, labels)).p).toBeLessThan(1e-3);
    expect(excessMatches(pairsOf(labels, labels))).toEqual(excessMatches(pairsOf(labels, labels)));
  });

  it("p can get as small as Holm's adjustment for 120 tests at 0.01 needs, within 200,000 permutations", () => {
    const labels = 'ABCD'.repeat(10);
    const pFor = (tests: number) => excessMatches(pairsOf(labels, labels), { tests }).p;
    expect(pFor(20)).toBe(1 / 10_001);
    expect(120 * pFor(120)).toBeLessThan(0.01);
    expect(pFor(1_000_000)).toBe(1 / 200_001);
  });

  it('labelings that have nothing to do with each other are below 0.05 at most one time in twenty', () => {
    const { int } = seeded(21);
    const draw = (length: number) => Array.from({ length }, () => 'AABC'[int(0, 3)]).join('');
    let found = 0;
    for (let round = 0; round < 200; round += 1) {
      if (excessMatches(pairsOf(draw(60), draw(60))).p < 0.05) found += 1;
    }
    expect(found).toBeLessThanOrEqual(18);
  });
});
