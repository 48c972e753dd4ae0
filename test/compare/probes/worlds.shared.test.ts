import { describe, expect, it } from 'vitest';
import { verdictsOf } from './worlds.ts';

const PAIRS = 3;

/** The full size is in worlds.shared.nightly.test.ts, the numbers in docs/lab-notes/decisions/010-twins.md. */
describe(`${PAIRS} simulated pairs of 300 facts through the whole comparison`, () => {
  it('a model that learned the letters of half of a benchmark fails, also where the baseline says "A" to everything', () => {
    expect(verdictsOf({ facts: 300, twins: 'open', letters: 'unbound', candidate: 'memorized' }, PAIRS).fail).toBe(1);
  });

  it('a model that learned passes, and with format twins alone the gain is not shown to be real', () => {
    expect(verdictsOf({ facts: 300, twins: 'open', letters: 'bound', candidate: 'learned' }, PAIRS).pass).toBe(1);
    const format = verdictsOf({ facts: 300, twins: 'format', letters: 'none', candidate: 'learned' }, PAIRS);
    expect([...format.counts]).toEqual([['warn gain-not-shown', PAIRS]]);
  });

  it('a model that fell to chance fails by group twins', () => {
    expect(verdictsOf({ facts: 300, twins: 'group', letters: 'none', candidate: 'fell to chance' }, PAIRS).fail).toBe(
      1,
    );
  });
});
