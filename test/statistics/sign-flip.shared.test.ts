import { describe, expect, it } from 'vitest';
import { exactMcNemar } from '../../src/statistics/mcnemar.ts';
import { exactSignFlip, gridSignFlip } from '../../src/statistics/sign-flip.ts';
import { expectShare, seeded } from './seeded.ts';

/**
 * Crossed minus self-fertilized height in eighths of an inch (Darwin 1876), as in Fisher 1935, The Design of
 * Experiments.
 */
const MAIZE = [49, -67, 8, 16, 6, 23, 28, 41, 14, 29, 56, 24, 75, 60, -48];

/** The share of all sign assignments whose sum is no higher. */
function byEnumeration(differences: readonly number[]): number {
  const observed = differences.reduce((sum, difference) => sum + difference, 0);
  let extreme = 0;
  for (let signs = 0; signs < 2 ** differences.length; signs += 1) {
    const signed = differences.reduce((sum, d, i) => sum + (signs & (1 << i) ? Math.abs(d) : -Math.abs(d)), 0);
    if (signed <= observed) extreme += 1;
  }
  return extreme / 2 ** differences.length;
}

describe('the exact sign-flip test', () => {
  it("agrees with Fisher's count for Darwin's maize: 863 of 32,768 sums are as high as 314 (Fisher 1935, section 21)", () => {
    expect(exactSignFlip(MAIZE.map((difference) => -difference))).toBeCloseTo(863 / 32768, 14);
    // 28 of the 863 are ties, which count on both sides: 835 sums exceed 314.
    expect(exactSignFlip(MAIZE)).toBeCloseTo(1 - 835 / 32768, 14);
  });

  it('agrees with the enumeration of all sign assignments', () => {
    const { int } = seeded(11);
    for (let round = 0; round < 200; round += 1) {
      const differences = Array.from({ length: int(1, 12) }, () => int(-4, 3));
      expect(exactSignFlip(differences), differences.join()).toBeCloseTo(byEnumeration(differences), 13);
    }
  });

  it('of shares is that of the counts, with any numbers of samples', () => {
    const { int } = seeded(13);
    for (let round = 0; round < 100; round += 1) {
      const samples = int(2, 12);
      const differences = Array.from({ length: int(1, 12) }, () => int(-samples, samples));
      const shares = differences.map((difference) => difference / samples);
      expect(gridSignFlip(shares), shares.join()).toBeCloseTo(byEnumeration(differences), 13);
    }
  });

  it('of shares on a grid that is rounded keeps its level', () => {
    const { uniform, normal } = seeded(14);
    const differences = () => Array.from({ length: 40 }, () => Math.max(-1, Math.min(1, (0.2 + uniform()) * normal())));
    expectShare(2000, () => gridSignFlip(differences()) < 0.05, [0.045, 0.05]);
  });

  it('of many shares is exact, and so large that it takes too long is normal: nothing is rounded away', () => {
    const small = [...Array<number>(600).fill(-1 / 8), ...Array<number>(40).fill(1)];
    const times = (n: number) => Array.from({ length: n }, () => small).flat();
    // (600/8 − 40)·n against a standard deviation of √(600/64 + 40)·√n.
    const expected = (n: number) => (35 * n) / Math.sqrt((600 / 64 + 40) * n);
    expect(expected(1)).toBeCloseTo(4.98, 2);
    expect(gridSignFlip(small)).toBeLessThan(1e-6);
    expect(gridSignFlip(small.map((value) => -value))).toBeGreaterThan(1 - 1e-6);
    expect(gridSignFlip(times(20))).toBeLessThan(1e-50);
    const nothing = Array.from({ length: 40_000 }, (_, i) => (i % 2 ? 5 : -5) / 64);
    expect(gridSignFlip(nothing)).toBeCloseTo(0.5, 1);
    expect(gridSignFlip([...nothing, ...Array<number>(2000).fill(-1 / 64)])).toBeCloseTo(0.02, 2);
  });

  it('is the exact McNemar test if every fact has one twin', () => {
    const { int } = seeded(12);
    for (let round = 0; round < 100; round += 1) {
      const [lost, won, same] = [int(0, 400), int(0, 400), int(0, 50)];
      const differences = [...Array(lost).fill(-1), ...Array(same).fill(0), ...Array(won).fill(1)];
      const ratio = exactSignFlip(differences) / exactMcNemar({ lost, won });
      expect(ratio, `${lost} lost, ${won} won`).toBeCloseTo(1, 10);
    }
  });

  it('does not treat the twins of one fact as independent: ten facts that lost both twins count as ten, not twenty', () => {
    expect(exactSignFlip(Array(10).fill(-2))).toBeCloseTo(2 ** -10, 15);
  });

  it('has a p-value of 1 if nothing changed', () => {
    expect(exactSignFlip([])).toBe(1);
    expect(exactSignFlip([0, 0])).toBe(1);
    expect(exactSignFlip([3, -3])).toBeCloseTo(0.75, 15);
  });

  it('handles 10,000 facts of up to 8 twins, and keeps the digits of a tiny p-value', () => {
    const { int, uniform } = seeded(13);
    const even = Array.from({ length: 10_000 }, () => int(-8, 8));
    const p = exactSignFlip(even);
    // By the central limit theorem: Lyapunov's ratio is .01 here.
    const z = even.reduce((sum, d) => sum + d, 0) / Math.sqrt(even.reduce((sum, d) => sum + d * d, 0));
    expect(Math.abs(p - normalLowerTail(z))).toBeLessThan(0.005);

    // 900 facts, all worse: 2^-900, which 900 factors of ½ give exactly.
    const worse = Array.from({ length: 900 }, () => (uniform() < 0.5 ? -1 : -3));
    expect(Math.log2(exactSignFlip(worse))).toBeCloseTo(-900, 9);
  });

  it('refuses differences that are not integers', () => {
    expect(() => exactSignFlip([0.5])).toThrow(RangeError);
  });
});

/** By Simpson's rule. */
function normalLowerTail(z: number): number {
  const steps = 2000;
  const width = Math.abs(z) / steps;
  let integral = 0;
  for (let i = 0; i <= steps; i += 1) {
    const weight = i === 0 || i === steps ? 1 : i % 2 === 0 ? 2 : 4;
    integral += (weight * Math.exp(-((i * width) ** 2) / 2) * width) / 3 / Math.sqrt(2 * Math.PI);
  }
  return z < 0 ? 0.5 - integral : 0.5 + integral;
}
