import { describe, expect, it } from 'vitest';
import { fullSize } from '../../full-size.ts';
import { wrongPasses } from './adversary.ts';
import { GRADED_SCENARIOS, gradedAttacks, gradedOutcome } from './graded-worlds.ts';
import { verdictOf } from './worlds.ts';

/** More: npm run bench:sequential -- --graded 100 */
const DRAWS = fullSize(4, 1);
const ORDERS = fullSize(10, 2);

/** One of so many attacks is tried. */
const EVERY = fullSize(1, 3);

/** The policy's: how often what was settled may be wrong. */
const ALPHA = 0.05;

describe('answers with log-likelihoods', () => {
  it('are settled as all of them would be judged, and ordinary changes after some half of them', () => {
    const outcomes = Object.entries(GRADED_SCENARIOS).flatMap(([name, scenario]) =>
      Array.from({ length: DRAWS }, (_, i) => ({ name, ...gradedOutcome(scenario, i + 1) })),
    );
    const wrong = outcomes.filter(({ full, sequential }) => full === 'fail' && sequential === 'pass');
    expect(wrong.length / outcomes.length).toBeLessThanOrEqual(ALPHA);
    const ordinary = outcomes.filter(({ name }) => name === 'equal, noise 0.05');
    expect(ordinary.every(({ full, sequential }) => full === 'pass' && sequential === 'pass')).toBe(true);
    expect(ordinary.reduce((sum, { asked }) => sum + asked, 0) / DRAWS).toBeLessThan(0.65);
  });

  it('are settled as a pass in no more than one of twenty orders for somebody who knows everything but the order', () => {
    const orders = Array.from({ length: ORDERS }, (_, i) => 5000 + i);
    const all = gradedAttacks(1);
    expect(all.length).toBeGreaterThan(8);
    const attacks = all.filter((_, i) => i % EVERY === 0);
    const wrong = attacks.map(({ name, pair }) => {
      expect(verdictOf(pair), name).toBe('fail');
      return wrongPasses(pair, orders);
    });
    expect(wrong.reduce((sum, count) => sum + count, 0) / (ORDERS * attacks.length)).toBeLessThanOrEqual(ALPHA);
  });
});
