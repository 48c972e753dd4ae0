import { describe, expect, it } from 'vitest';
import {
  betaQuantile,
  binomialAtLeast,
  binomialCdf,
  binomialPmf,
  normalQuantile,
  tQuantile,
} from '../../src/statistics/distributions.ts';

/** Σ_{i ≤ k} C(n, i) · wins^i · losses^(n − i) / (wins + losses)^n in whole numbers, to 15 digits. */
function exactCdf(k: number, n: number, wins: bigint, losses: bigint): number {
  let term = losses ** BigInt(n);
  let sum = term;
  for (let i = 1; i <= k; i += 1) {
    term = (term * BigInt(n - i + 1) * wins) / (BigInt(i) * losses);
    sum += term;
  }
  const all = (wins + losses) ** BigInt(n);
  let scale = 1n;
  let exponent = 0;
  for (; (sum * scale * 10n) / all < 10n ** 16n; exponent += 1) scale *= 10n;
  return Number(`${(sum * scale * 10n) / all}e-${exponent + 1}`);
}

describe('distributions', () => {
  it('beta quantiles agree with SciPy 1.17, scipy.stats.beta.ppf', () => {
    const table: [p: number, alpha: number, beta: number, quantile: number][] = [
      [0.025, 7, 2, 0.47349032912479344],
      [0.975, 8, 1, 0.9968402764687481],
      [0.025, 85.3, 4.7, 0.893559268710636],
      [0.025, 3000, 900.5, 0.7557801292967343],
      [0.025, 0.5, 200, 2.4582406525229383e-6],
      [0.95, 0.5, 20_000, 9.603305950163302e-5],
    ];
    for (const [p, alpha, beta, quantile] of table) {
      expect(Math.abs(betaQuantile(p, alpha, beta) / quantile - 1)).toBeLessThan(1e-7);
    }
    expect(() => betaQuantile(0.5, 0, 1)).toThrow(RangeError);
  });

  it('normal quantiles agree with Abramowitz & Stegun 1964, table 26.6', () => {
    expect(normalQuantile(0.975)).toBeCloseTo(1.959963984540054, 10);
    expect(normalQuantile(0.05)).toBeCloseTo(-1.6448536269514722, 10);
    expect(normalQuantile(1e-5)).toBeCloseTo(-4.264890793922825, 9);
  });

  it('t quantiles agree with the NIST/SEMATECH e-Handbook, 1.3.6.7.2, upper critical values', () => {
    const table: [df: number, p95: number, p975: number, p999: number][] = [
      [1, 6.314, 12.706, 318.313],
      [2, 2.92, 4.303, 22.327],
      [4, 2.132, 2.776, 7.173],
      [9, 1.833, 2.262, 4.296],
      [14, 1.761, 2.145, 3.787],
      [30, 1.697, 2.042, 3.385],
      [100, 1.66, 1.984, 3.174],
    ];
    for (const [df, p95, p975, p999] of table) {
      expect(Math.abs(tQuantile(0.95, df) - p95)).toBeLessThan(6e-4);
      expect(Math.abs(tQuantile(0.975, df) - p975)).toBeLessThan(6e-4);
      // The handbook is a little off for 1 degree of freedom: tan(.499π) = 318.309.
      expect(Math.abs(tQuantile(0.999, df) - p999)).toBeLessThan(df === 1 ? 5e-3 : 1.1e-3);
      expect(tQuantile(0.025, df)).toBeCloseTo(-tQuantile(0.975, df), 6);
    }
  });

  it('t quantiles agree with closed forms for one and two degrees of freedom, and with the normal for very many', () => {
    for (const p of [0.6, 0.9, 0.975, 0.9999]) {
      expect(tQuantile(p, 1) / Math.tan(Math.PI * (p - 0.5))).toBeCloseTo(1, 6);
      expect(tQuantile(p, 2) / ((2 * p - 1) / Math.sqrt(2 * p * (1 - p)))).toBeCloseTo(1, 6);
      expect(tQuantile(p, 1e5)).toBeCloseTo(normalQuantile(p), 3);
    }
  });

  it('binomial probabilities agree with integer arithmetic up to 20,000 trials, in the tails too', () => {
    const cases: [k: number, n: number, wins: bigint, losses: bigint][] = [
      [3, 10, 1n, 1n],
      [7, 10, 1n, 1n],
      [0, 1, 1n, 3n],
      [12, 16, 1n, 1n],
      [40, 400, 1n, 4n],
      [95, 400, 1n, 4n],
      [300, 1000, 1n, 1n],
      [9700, 20000, 1n, 1n],
      [10_000, 20000, 1n, 1n],
      [3500, 20000, 1n, 4n],
      [4100, 20000, 1n, 4n],
    ];
    for (const [k, n, wins, losses] of cases) {
      const exact = exactCdf(k, n, wins, losses);
      expect(binomialCdf(k, n, Number(wins) / Number(wins + losses)) / exact, `${k} of ${n}`).toBeCloseTo(1, 11);
    }
  });

  it('the chance of so many right answers by guessing keeps its digits, as fractions have them', () => {
    // Python's fractions, and scipy 1.17: binom.sf(49, 60, 0.25).
    expect(binomialAtLeast(50, 60, 0.25) / 3.581468458274752e-21).toBeCloseTo(1, 11);
    expect(binomialAtLeast(40, 60, 0.25) / 1.3096571549746747e-11).toBeCloseTo(1, 11);
    expect(binomialAtLeast(180, 360, 0.2) / 7.2361130462384286e-37).toBeCloseTo(1, 11);
    expect(binomialAtLeast(60, 60, 1 / 3) / 2.3589824875925728e-29).toBeCloseTo(1, 11);
    expect(binomialAtLeast(16, 60, 0.25)).toBeCloseTo(0.43120272503563256, 12);
    expect([binomialAtLeast(0, 60, 0.25), binomialAtLeast(-1, 60, 0.25), binomialAtLeast(61, 60, 0.25)]).toEqual([
      1, 1, 0,
    ]);
  });

  it('binomial probabilities are exact for certain outcomes and impossible counts', () => {
    expect(binomialCdf(-1, 5, 0.5)).toBe(0);
    expect(binomialCdf(5, 5, 0.5)).toBe(1);
    expect(binomialCdf(0, 0, 0.5)).toBe(1);
    expect([binomialCdf(4, 5, 1), binomialCdf(0, 5, 0)]).toEqual([0, 1]);
    expect([binomialPmf(5, 5, 1), binomialPmf(0, 5, 0), binomialPmf(6, 5, 0.5)]).toEqual([1, 1, 0]);
    let total = 0;
    for (let k = 0; k <= 300; k += 1) total += binomialPmf(k, 300, 0.07);
    expect(total).toBeCloseTo(1, 13);
  });

  it('arguments that are not probabilities are refused', () => {
    expect(() => normalQuantile(1.1)).toThrow(RangeError);
    expect(() => tQuantile(0.5, 0)).toThrow(RangeError);
    expect(() => binomialCdf(1, 2.5, 0.5)).toThrow(RangeError);
    expect(() => binomialCdf(1, 2, Number.NaN)).toThrow(RangeError);
  });
});
