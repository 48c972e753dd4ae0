import { describe, expect, it } from 'vitest';
import { excessMatches, excessScore, type LabelPair, type ScoredLabel } from '../../src/statistics/excess-matches.ts';
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

describe('the permutation test for scores', () => {
  const { normal } = seeded(5);
  const LABELS = [...'ABC'];
  const draw = (own: string, bonus = 0): ScoredLabel => ({
    scores: Object.fromEntries(LABELS.map((label) => [label, normal() + (label === own ? bonus : 0)])),
    label: own,
    stratum: 'x',
  });
  const seven = [...'ABCAABC'].map((label) => draw(label, 0.8));

  it('agrees with the enumeration of all permutations', () => {
    const sums: number[] = [];
    const place = (taken: readonly number[], sum: number): void => {
      if (taken.length === seven.length) sums.push(sum);
      for (let j = 0; j < seven.length; j += 1) {
        if (taken.includes(j)) continue;
        place([...taken, j], sum + (seven[taken.length]?.scores[seven[j]?.label ?? ''] ?? Number.NaN));
      }
    };
    place([], 0);
    const own = seven.reduce((sum, { scores, label }) => sum + (scores[label] ?? 0), 0);
    const exact = sums.filter((sum) => sum >= own - 1e-9).length / sums.length;
    const { sum, p } = excessScore(seven);
    expect(sum).toBeCloseTo(own, 12);
    expect(p / exact).toBeGreaterThan(0.8);
    expect(p / exact).toBeLessThan(1.2);
  });

  it('what an object adds to all labels, and a label has from all objects, counts for nothing', () => {
    const moved = seven.map(({ scores, ...rest }, i) => ({
      ...rest,
      scores: Object.fromEntries(LABELS.map((label, k) => [label, (scores[label] ?? 0) + 10 * i - 7 * k])),
    }));
    expect(excessScore(moved).p).toBe(excessScore(seven).p);
    const habit = [...'AAABBC'].map((label) => ({ ...draw(label), scores: { A: 5, B: 0, C: -5 } }));
    expect(excessScore(habit).p).toBe(1);
  });

  it('finds a shift that hardly changes which label is the largest, and no shift where there is none', () => {
    const rounds = Array.from({ length: 100 }, () => ({
      none: excessScore(Array.from({ length: 60 }, (_, i) => draw(LABELS[i % 3] ?? ''))).p,
      shift: excessScore(Array.from({ length: 60 }, (_, i) => draw(LABELS[i % 3] ?? '', 0.7))).p,
    }));
    expect(rounds.filter(({ none }) => none < 0.05).length).toBeLessThanOrEqual(12);
    expect(rounds.filter(({ shift }) => shift < 0.01).length).toBeGreaterThanOrEqual(90);
  });
});
