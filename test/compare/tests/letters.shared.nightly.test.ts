import { describe, expect, it } from 'vitest';
import { baselineMemorizedLetters, hasMemorizedLetters, keptLetters } from '../../../src/compare/tests/kept-letters.ts';
import { allFacts, binding, constant, lettered, type Model, memorizing } from '../probes/lettered.ts';

const PAIRS = 400;
const PAIRS_OF_MEMORIZERS = 100;
const KEYS = [
  [1, 1, 1, 1],
  [3, 1, 1, 1],
  [1, 1, 1, 4],
] as const;

function rates(baseline: Model, candidate: Model, key: readonly number[], pairs = PAIRS) {
  const rows = Array.from({ length: pairs }, (_, seed) => {
    const answers = lettered({ baseline, candidate }, { facts: 300, seed, key });
    return keptLetters(allFacts(answers), { hasBaseline: true });
  });
  return {
    memorized: rows.filter((kept) => kept.some(hasMemorizedLetters)).length / pairs,
    baseline: rows.filter((kept) => kept.some(baselineMemorizedLetters)).length / pairs,
  };
}

/** Mostly one letter, else anything. */
const mostly =
  (letter: string): Model =>
  (asked, random) =>
    random.int(0, 9) < 7 ? constant(letter)(asked, random) : binding(0)(asked, random);

describe('simulated pairs of 300 questions', () => {
  it.each([
    ...KEYS.map((key) => ['A for one, D for the other', key, constant('A'), constant('D')] as const),
    ...KEYS.map((key) => ['mostly A, mostly D', key, mostly('A'), mostly('D')] as const),
    ['two that follow the options', KEYS[0], binding(0.6), binding(0.6)],
    ['one that learned to follow them', KEYS[2], constant('A'), binding(0.6)],
  ] as const)('equals are not called memorizers: %s, key %j', (_, key, baseline, candidate) => {
    const found = rates(baseline, candidate, key);
    expect(found.memorized).toBeLessThanOrEqual(0.05);
    expect(found.baseline).toBeLessThanOrEqual(0.01);
  });

  it.each([
    ['constant letters', constant('A')],
    ['mostly one letter', mostly('B')],
    ['follows the options', binding(0.6)],
  ] as const)('the letters of half of the suite are found in a model that: %s', (_, model) => {
    const found = rates(model, memorizing(150, model), KEYS[0], PAIRS_OF_MEMORIZERS);
    expect(found.memorized).toBeGreaterThanOrEqual(0.95);
    expect(rates(memorizing(150, model), model, KEYS[0], PAIRS_OF_MEMORIZERS).baseline).toBeGreaterThanOrEqual(0.95);
  });
});
