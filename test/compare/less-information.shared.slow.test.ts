import { beforeAll, describe, expect, it } from 'vitest';
import { LOSSES } from './less-information.ts';
import { type Improvement, improvementsOf } from './verdict-of-pair.ts';

/** Random pairs of measurements; `information.shared.nightly.test.ts` tries thousands. */
const PAIRS = 25;

describe('a candidate of which less is known never gets a better verdict', () => {
  let improvements: Improvement[] = [];
  beforeAll(() => {
    improvements = Array.from({ length: PAIRS }, (_, i) => improvementsOf(i + 1)).flat();
  });

  it.each(Object.keys(LOSSES))('%s', (loss) => {
    expect(improvements.filter((improvement) => improvement.loss === loss)).toEqual([]);
  });

  it.each([438, 783, 2850])('without probes a required suite that warns hides nothing (seed %i)', (seed) => {
    expect(improvementsOf(seed, ['no probes'])).toEqual([]);
  });

  // In these, the wrong answers are what makes the probes of a candidate without a baseline show nothing.
  it.each([73, 485, 2393, 2425])('items that were left out count as wrong without a baseline too (seed %i)', (seed) => {
    const leftOut = Object.keys(LOSSES).filter((loss) => loss.endsWith('left out'));
    expect(improvementsOf(seed, leftOut)).toEqual([]);
  });
});
