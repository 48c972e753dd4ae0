import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { expect } from 'vitest';

const STEPS = 2 ** 30;

export interface Seeded {
  /** 0 ≤ u < 1. */
  uniform: () => number;
  /** Standard normal (Box & Muller 1958). */
  normal: () => number;
  /** An integer, least ≤ n ≤ most. */
  int: (least: number, most: number) => number;
}

export function seeded(seed: number): Seeded {
  const generator = xoroshiro128plus(seed);
  const int = (least: number, most: number) => uniformInt(generator, least, most);
  const uniform = () => int(0, STEPS - 1) / STEPS;
  const normal = () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
  return { uniform, normal, int };
}

/** Binomial standard errors that a simulated share may be off: one false alarm in 15,000. */
const STANDARD_ERRORS = 4;

/** Expect that the share of draws for which `happens` is true is in a range, up to Monte Carlo error. */
export function expectShare(draws: number, happens: () => boolean, [least, most]: readonly [number, number]): void {
  let hits = 0;
  for (let i = 0; i < draws; i += 1) hits += happens() ? 1 : 0;
  const error = (share: number) => STANDARD_ERRORS * Math.sqrt((share * (1 - share)) / draws);
  expect(hits / draws).toBeGreaterThanOrEqual(least - error(least));
  expect(hits / draws).toBeLessThanOrEqual(most + error(most));
}
