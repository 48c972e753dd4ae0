import { expect, it } from 'vitest';
import { stratifiedDifference } from '../../src/statistics/index.ts';
import { expectShare, seeded } from './seeded.ts';

it('is the interval of Agresti and Caffo in one stratum', () => {
  // 9 of 10 against 3 of 10: p̃ = 10/12 and 4/12, SE = √(p̃₁q̃₁/12 + p̃₂q̃₂/12) = 0.1735; 0.5 − 1.645 · 0.1735.
  const found = stratifiedDifference([{ first: { right: 9, of: 10 }, second: { right: 3, of: 10 } }], 0.95);
  expect(found).toMatchObject({ first: 0.9, second: 0.3 });
  expect(found?.lower).toBeCloseTo(0.2147, 3);
});

it('weighs strata by their second sample, and leaves out those without both', () => {
  const strata = [
    { first: { right: 10, of: 20 }, second: { right: 30, of: 30 } },
    { first: { right: 20, of: 20 }, second: { right: 0, of: 10 } },
    { first: { right: 20, of: 20 }, second: { right: 0, of: 0 } },
  ];
  expect(stratifiedDifference(strata, 0.99)).toMatchObject({ first: 0.75 * 0.5 + 0.25, second: 0.75 });
  expect(stratifiedDifference(strata.slice(2), 0.99)).toBeNull();
});

it('is above 0 in at most one of a hundred equal pairs', () => {
  const { uniform } = seeded(5);
  const draw = (share: number, of: number) => ({
    right: Array.from({ length: of }, uniform).filter((u) => u < share).length,
    of,
  });
  const shares = [0.25, 0.5, 0.6, 0.8, 0.95, 0.7];
  const isAbove = () => {
    const strata = shares.map((share) => ({ first: draw(share, 18), second: draw(share, 16) }));
    return (stratifiedDifference(strata, 0.99)?.lower ?? 0) > 0;
  };
  expectShare(3000, isAbove, [0.003, 0.01]);
});
