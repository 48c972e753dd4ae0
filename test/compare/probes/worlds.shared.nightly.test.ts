import { describe, expect, it } from 'vitest';
import { slack } from './simulated-shares.ts';
import { verdictsOf, type World } from './worlds.ts';

const [PAIRS, EQUAL_PAIRS] = [100, 400];
const WORLDS: readonly Pick<World, 'twins' | 'letters'>[] = [
  { twins: 'open', letters: 'none' },
  { twins: 'open', letters: 'bound' },
  { twins: 'open', letters: 'unbound' },
  { twins: 'format', letters: 'none' },
  { twins: 'format', letters: 'bound' },
  { twins: 'format', letters: 'unbound' },
  { twins: 'fresh', letters: 'none' },
  { twins: 'group', letters: 'none' },
  { twins: 'group', letters: 'bound' },
  { twins: 'group', letters: 'unbound' },
];

describe.each(WORLDS)('with $twins twins and letters $letters, at 300 facts', (world) => {
  it('at most 5% of equal pairs fail', () => {
    const { fail } = verdictsOf({ ...world, facts: 300, candidate: 'equal' }, EQUAL_PAIRS);
    expect(fail).toBeLessThanOrEqual(0.05 + slack(0.05, EQUAL_PAIRS));
  });

  it('at least 95% of models that memorized half of the benchmark fail', () => {
    expect(verdictsOf({ ...world, facts: 300, candidate: 'memorized' }, PAIRS).fail).toBeGreaterThanOrEqual(0.95);
  });

  it('at least 90% of models that learned pass, and with format twins alone at least 90% warn', () => {
    const { pass, warn } = verdictsOf({ ...world, facts: 300, candidate: 'learned' }, PAIRS);
    expect(world.twins === 'format' ? pass + warn : pass).toBeGreaterThanOrEqual(0.9);
  });

  it('all models that fell to chance fail', () => {
    expect(verdictsOf({ ...world, facts: 300, candidate: 'fell to chance' }, PAIRS / 4).fail).toBe(1);
  });
});
