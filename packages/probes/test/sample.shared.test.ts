import { describe, expect, it } from 'vitest';
import { balancedBlocks, type Placed } from '../src/random.ts';

interface Form extends Placed {
  readonly id: string;
}

/** Facts of several families, each with an exam and one of two twins. */
function items(sizes: Readonly<Record<string, number>>): Form[] {
  return Object.entries(sizes).flatMap(([family, count]) =>
    Array.from({ length: count }, (_, i) =>
      ['exam', `twin ${i % 2}`].map((cluster) => {
        const fact = `${family} ${i}`;
        return { id: `${fact} ${cluster}`, fact, capability: 'c', family, cluster };
      }),
    ).flat(),
  );
}

const SIZES = { one: 90, two: 90, three: 60, four: 31 };
const stratumOf = (fact: readonly Form[]) => `${fact[0]?.family} ${fact[1]?.cluster}`;
const counts = (facts: ReadonlyArray<readonly Form[]>) => {
  const found = new Map<string, number>();
  for (const fact of facts) found.set(stratumOf(fact), (found.get(stratumOf(fact)) ?? 0) + 1);
  return found;
};

describe('blocks of facts', () => {
  it('have every fact once with all its forms, in an order that the seed alone decides', () => {
    const all = items(SIZES);
    const blocks = balancedBlocks(all, 1);
    const asked = blocks.flat();
    expect(
      asked
        .flat()
        .map(({ id }) => id)
        .sort(),
    ).toEqual(all.map(({ id }) => id).sort());
    for (const fact of asked) expect(new Set(fact.map((form) => form.fact)).size).toBe(1);
    expect(balancedBlocks(all, 1)).toEqual(blocks);
    expect(balancedBlocks(all, 2)).not.toEqual(blocks);
    expect(blocks.length).toBeGreaterThan(10);
  });

  it('take the same share of what is left of each stratum, but for less than a fact', () => {
    for (let seed = 1; seed <= 20; seed += 1) {
      const blocks = balancedBlocks(items(SIZES), seed);
      const left = counts(blocks.flat());
      // 27% of 271 facts, then 12% of what was asked, and ten at least.
      let planned = 0.27 * 271;
      let asked = 0;
      for (const [index, block] of blocks.entries()) {
        const all = [...left.values()].reduce((sum, n) => sum + n, 0);
        const share = index === blocks.length - 1 ? 1 : planned / all;
        asked += planned;
        planned = Math.max(10, 0.12 * asked);
        const taken = counts(block);
        for (const [stratum, n] of left) {
          const own = taken.get(stratum) ?? 0;
          expect(Math.abs(own - share * n), `seed ${seed}, block ${index}, ${stratum}`).toBeLessThan(1);
          left.set(stratum, n - own);
        }
      }
    }
  });

  it('are a stratified sample at every beginning', () => {
    const all = balancedBlocks(items(SIZES), 3).flat();
    const total = counts(all);
    for (let n = 20; n < all.length; n += 1) {
      for (const [stratum, found] of counts(all.slice(0, n))) {
        expect(Math.abs(found - (n * (total.get(stratum) ?? 0)) / all.length), `${n} ${stratum}`).toBeLessThan(3.5);
      }
    }
  });

  it('have each fact that is left with the same probability', () => {
    const draws = 1500;
    const all = items({ one: 60, two: 33, rest: 4, 'another rest': 3 });
    const first = new Map<string, number>();
    const second = new Map<string, number>();
    let left = 0;
    for (let seed = 0; seed < draws; seed += 1) {
      const blocks = balancedBlocks(all, seed);
      for (const [index, counted] of [first, second].entries()) {
        for (const [form] of blocks[index] ?? []) if (form) counted.set(form.fact, (counted.get(form.fact) ?? 0) + 1);
      }
      left += 100 - (blocks[0]?.length ?? 0);
    }
    const shares = [0.46, (12 / (left / draws)) * 0.54];
    for (const [index, counted] of [first, second].entries()) {
      const share = shares[index] ?? 0;
      expect(counted.size).toBe(100);
      for (const [fact, n] of counted) {
        // Five standard errors.
        expect(Math.abs(n / draws - share), fact).toBeLessThan(5 * Math.sqrt((share * (1 - share)) / draws));
      }
    }
  });

  it('join strata that are too small to be divided', () => {
    // Each has a template of its own.
    const all = Array.from({ length: 100 }, (_, i) => ({
      fact: `${i}`,
      capability: 'c',
      family: 'f',
      cluster: `${i}`,
    }));
    for (let seed = 0; seed < 10; seed += 1) {
      expect(balancedBlocks(all, seed).map(({ length }) => length)).toEqual([46, 10, 10, 10, 10, 14]);
    }
  });

  it('are one block where there are few facts, and none without any', () => {
    expect(balancedBlocks(items({ one: 30 }), 1)).toHaveLength(1);
    expect(balancedBlocks([], 1)).toEqual([]);
  });
});
