import { describe, expect, it } from 'vitest';
import { exactMcNemar } from '../../src/statistics/mcnemar.ts';
import { mcNemarPower, minimumDetectableDrop, minimumDetectableMean } from '../../src/statistics/power.ts';
import { expectShare, seeded } from './seeded.ts';

/** Power by adding up the probability of every table of n pairs. */
function byEnumeration(design: Parameters<typeof mcNemarPower>[0]): number {
  const { n, discordance, drop, alpha, minimumDrop } = design;
  const [pLost, pWon] = [discordance / 2 + drop, discordance / 2];
  let power = 0;
  for (let lost = 0; lost <= n; lost += 1) {
    for (let won = 0; lost + won <= n; won += 1) {
      if (exactMcNemar({ lost, won }) >= alpha || (lost - won) / n < minimumDrop) continue;
      power +=
        ways(n, lost) * ways(n - lost, won) * pLost ** lost * pWon ** won * (1 - pLost - pWon) ** (n - lost - won);
    }
  }
  return power;
}

/** n! / (k! (n − k)!) */
function ways(n: number, k: number): number {
  let product = 1;
  for (let i = 1; i <= k; i += 1) product = (product * (n - k + i)) / i;
  return product;
}

describe('the power of the exact McNemar test', () => {
  it("agrees with O'Brien 2002, in the manual of G*Power 3.1, ch. 5: 50 pairs, .32 lost, .08 won, one-sided .05", () => {
    const design = { n: 50, alpha: 0.05, minimumDrop: 0 };
    const power = mcNemarPower({ ...design, discordance: 0.16, drop: 0.24 });
    // G*Power prints .839343, R's pwrss .839356985: the former leaves out the ends of the sum.
    expect(power).toBeCloseTo(0.839343, 4);
    expect(power).toBeCloseTo(0.839356985, 9);
    // Its actual level, of .4 discordant pairs that are lost as often as won.
    expect(mcNemarPower({ ...design, discordance: 0.4, drop: 0 })).toBeCloseTo(0.032578, 5);
  });

  it('agrees with the tests of R MESS: .80 for 144 pairs, .45 against .25, one-sided .025', () => {
    expect(mcNemarPower({ n: 144, discordance: 0.5, drop: 0.2, alpha: 0.025, minimumDrop: 0 })).toBeCloseTo(0.8, 2);
  });

  it('agrees with integer arithmetic if there is a smallest drop that counts (Python math.comb and fsum): 256 pairs, 13 more lost', () => {
    const table: [changes: number, drop: number, significant: number, andLarge: number][] = [
      [0.1, 0.05, 0.782221774671, 0.519149347311],
      [0.2, 0.05, 0.508574554797, 0.497249202424],
      [0.2, 0.1, 0.973556236712, 0.969538336722],
      [0.2, 0, 0.03783474007, 0.035785076608],
    ];
    for (const [changes, drop, significant, andLarge] of table) {
      const design = { n: 256, discordance: changes - drop, drop, alpha: 0.05 };
      expect(mcNemarPower({ ...design, minimumDrop: 0 })).toBeCloseTo(significant, 10);
      expect(mcNemarPower({ ...design, minimumDrop: 0.05 })).toBeCloseTo(andLarge, 10);
    }
  });

  it('agrees with the sum over all tables', () => {
    const { int, uniform } = seeded(61);
    for (let round = 0; round < 60; round += 1) {
      const n = int(1, 40);
      const discordance = uniform() * 0.6;
      const drop = uniform() * (1 - discordance);
      const design = { n, discordance, drop, alpha: 0.01 + uniform() * 0.2, minimumDrop: int(0, 10) / n };
      expect(mcNemarPower(design), JSON.stringify(design)).toBeCloseTo(byEnumeration(design), 9);
    }
  });

  it('agrees with a simulation', () => {
    const { uniform } = seeded(62);
    const design = { n: 400, discordance: 0.15, drop: 0.04, alpha: 0.05, minimumDrop: 0.02 };
    const power = mcNemarPower(design);
    const detects = () => {
      let [lost, won] = [0, 0];
      for (let i = 0; i < design.n; i += 1) {
        const u = uniform();
        if (u < 0.115) lost += 1;
        else if (u < 0.19) won += 1;
      }
      return exactMcNemar({ lost, won }) < design.alpha && (lost - won) / design.n >= design.minimumDrop;
    };
    expectShare(5000, detects, [power, power]);
  });

  it('is right for certain losses, and for no pairs', () => {
    expect(mcNemarPower({ n: 10, discordance: 0, drop: 1, alpha: 0.05, minimumDrop: 0 })).toBeCloseTo(1, 12);
    expect(mcNemarPower({ n: 10, discordance: 0, drop: 0, alpha: 0.05, minimumDrop: 0 })).toBe(0);
    expect(mcNemarPower({ n: 0, discordance: 0.2, drop: 0.1, alpha: 0.05, minimumDrop: 0 })).toBe(0);
    expect(() => mcNemarPower({ n: 10, discordance: 0.5, drop: 0.6, alpha: 0.05, minimumDrop: 0 })).toThrow(RangeError);
  });
});

describe('the minimum detectable drop', () => {
  it('is detected with the given power, and a drop smaller by 1e-5 is not', () => {
    for (const [n, power] of [
      [60, 0.8],
      [400, 0.8],
      [400, 0.95],
      [3000, 0.9],
    ] as const) {
      const design = { n, discordance: 0.2, alpha: 0.05, minimumDrop: 0.02 };
      const drop = minimumDetectableDrop({ ...design, power }) ?? Number.NaN;
      expect(mcNemarPower({ ...design, drop })).toBeGreaterThanOrEqual(power);
      expect(mcNemarPower({ ...design, drop: drop - 1e-5 })).toBeLessThan(power);
    }
  });

  it('has .8 power by default, and is near the sample-size formula of Connor 1987', () => {
    // n = (z_α√ψ + z_β√(ψ − δ²))² / δ², ψ = share of pairs that change, here .1 + δ; one-sided .05. The exact test
    // needs a few more.
    const drop = minimumDetectableDrop({ n: 400, discordance: 0.1, alpha: 0.05, minimumDrop: 0 }) ?? Number.NaN;
    const changes = 0.1 + drop;
    const connor = ((1.6449 * Math.sqrt(changes) + 0.8416 * Math.sqrt(changes - drop ** 2)) / drop) ** 2;
    expect(connor).toBeGreaterThan(340);
    expect(connor).toBeLessThan(400);
  });

  it('does not exist for too few pairs: 4 of 4 lost has p = 1/16', () => {
    expect(minimumDetectableDrop({ n: 4, discordance: 0, alpha: 0.05, minimumDrop: 0 })).toBeNull();
    expect(minimumDetectableDrop({ n: 0, discordance: 0, alpha: 0.05, minimumDrop: 0 })).toBeNull();
    // 5 of 5 lost has p = 1/32: found with power .8 if each is lost with .8^(1/5).
    expect(minimumDetectableDrop({ n: 5, discordance: 0, alpha: 0.05, minimumDrop: 0 })).toBeCloseTo(0.8 ** 0.2, 4);
  });
});

describe('the minimum detectable mean', () => {
  it('is 2.80 standard errors above the margin for .95 and .8 (Bloom 1995)', () => {
    const found = minimumDetectableMean({ standardError: 0.04, margin: 0.05, level: 0.95, power: 0.8 });
    expect((found - 0.05) / 0.04).toBeCloseTo(2.8, 2);
  });

  it('agrees with a simulation of how often the interval is above the margin', () => {
    const { normal } = seeded(63);
    const truth = minimumDetectableMean({ standardError: 0.04, margin: 0.05, level: 0.95, power: 0.8 });
    const above = () => truth + 0.04 * normal() - 1.959964 * 0.04 > 0.05;
    expectShare(20_000, above, [0.8, 0.8]);
  });
});
