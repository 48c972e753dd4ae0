import { describe, expect, it } from 'vitest';
import { logEvidence, type Prior, type SeenBlocks } from '../../src/statistics/total-evidence.ts';

const PRIORS: readonly Prior[] = ['quiet', 'loud'];

/** ln C(n, k) */
const logChoose = (n: number, k: number): number =>
  Array.from({ length: k }, (_, i) => Math.log((n - i) / (i + 1))).reduce((sum, x) => sum + x, 0);

function evidence(blocks: SeenBlocks['blocks'], size: number, total: number, prior: Prior = 'quiet'): number {
  const seen = { size, blocks, lowest: -1, highest: 1 };
  return logEvidence(seen, total, { aims: blocks.map(() => total), prior });
}

describe('evidence that a sum is above a total', () => {
  // k draws without a loss from a population with T losses have the hypergeometric probability C(N − T, k) / C(N, k),
  // and no e-value may be larger than one over that.
  it.each([
    [360, 8, 54],
    [360, 8, 144],
    [120, 6, 40],
    [60, 3, 20],
  ])('of %i numbers, %i of them losses, and %i zeros seen: below the exact odds, and not far below', (n, losses, k) => {
    const exact = logChoose(n, k) - logChoose(n - losses, k);
    const found = evidence([Array(k).fill(0)], n, -losses);
    expect(found).toBeLessThanOrEqual(exact);
    expect(found).toBeGreaterThan(0.6 * exact);
  });

  it('is certainty once everything was seen, or once no population has the sum', () => {
    expect(evidence([[0, -1], [1]], 3, -1)).toBe(Infinity);
    expect(evidence([[0, -1], [1]], 3, 0)).toBe(-Infinity);
    // Two are left, which cannot lose three.
    expect(evidence([Array(8).fill(0)], 10, -3)).toBe(Infinity);
    expect(evidence([Array(8).fill(0)], 10, -2)).toBeLessThan(Infinity);
    expect(evidence([], 10, -2)).toBe(0);
  });

  it('falls where numbers are lower than the total says', () => {
    expect(evidence([Array(20).fill(0), Array(20).fill(-1)], 60, -5)).toBeLessThan(0);
  });

  it('has a mean of at most 1 over all blocks that can be drawn, whatever the population', () => {
    for (const prior of PRIORS) {
      for (const total of [-2, 1]) {
        for (const population of populations(3, 3)) {
          if (population.flat().reduce((sum, x) => sum + x, 0) > total) continue;
          const means = meanWealth(population, total, prior);
          const where = `${JSON.stringify(population)}, ${total}, ${prior}`;
          for (const mean of means) expect(mean, where).toBeLessThanOrEqual(1 + 1e-12);
        }
      }
    }
  });

  it('can have a mean above 1 where the sum is above the total', () => {
    expect(
      Math.max(
        ...meanWealth(
          [
            [0, 0, 0],
            [0, 0, 0, 0],
          ],
          -3,
          'quiet',
        ),
      ),
    ).toBeGreaterThan(1.2);
  });
});

type Strata = ReadonlyArray<readonly number[]>;

/** All populations of −1, 0 and 1 in two strata of these sizes. */
function populations(a: number, b: number): Strata[] {
  const ofSize = (n: number) =>
    Array.from({ length: n + 1 }, (_, low) =>
      Array.from({ length: n - low + 1 }, (_, high) => [
        ...Array<number>(low).fill(-1),
        ...Array<number>(high).fill(1),
        ...Array<number>(n - low - high).fill(0),
      ]),
    ).flat();
  return ofSize(a).flatMap((first) => ofSize(b).map((second) => [first, second]));
}

interface Draw {
  readonly taken: readonly number[];
  readonly left: Strata;
  readonly probability: number;
}

/** Every block that takes a share of what is left of each stratum, with its probability. */
function draws(strata: Strata, share: number): Draw[] {
  return strata.reduce<Draw[]>(
    (before, own) =>
      before.flatMap(({ taken, left, probability }) =>
        parts(own, share * own.length).map((part) => ({
          taken: [...taken, ...part.taken],
          left: [...left, part.rest],
          probability: probability * part.probability,
        })),
      ),
    [{ taken: [], left: [], probability: 1 }],
  );
}

function parts(numbers: readonly number[], size: number) {
  const whole = Math.floor(size);
  const all = Array.from({ length: 2 ** numbers.length }, (_, mask) => ({
    taken: numbers.filter((_, i) => mask & (1 << i)),
    rest: numbers.filter((_, i) => !(mask & (1 << i))),
  }));
  return [
    [whole, 1 - (size - whole)],
    [whole + 1, size - whole],
  ].flatMap(([count = 0, probability = 0]) => {
    const own = all.filter(({ taken }) => taken.length === count);
    return probability === 0 ? [] : own.map((part) => ({ ...part, probability: probability / own.length }));
  });
}

/** After one block and after two. */
function meanWealth(population: Strata, total: number, prior: Prior): number[] {
  const size = population.flat().length;
  let [one, two] = [0, 0];
  for (const first of draws(population, 0.45)) {
    one += first.probability * Math.exp(evidence([first.taken], size, total, prior));
    for (const second of draws(first.left, 0.4)) {
      const wealth = Math.exp(evidence([first.taken, second.taken], size, total, prior));
      two += first.probability * second.probability * wealth;
    }
  }
  return [one, two];
}
