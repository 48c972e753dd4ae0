import { describe, expect, it } from 'vitest';
import {
  baselineMemorizedLetters,
  factsForLoss,
  hasMemorizedLetters,
  keptLetters,
} from '../../../src/compare/tests/kept-letters.ts';
import {
  allFacts,
  binding,
  constant,
  type LetteredOptions,
  lettered,
  type Model,
  memorizing,
} from '../probes/lettered.ts';

function rowOf(baseline: Model, candidate: Model, options: LetteredOptions) {
  const [row] = keptLetters(allFacts(lettered({ baseline, candidate }, options)), { hasBaseline: true });
  if (!row) throw new Error('no row');
  return row;
}

/** An answer key in which one letter is right twice as often as the others. */
const UNBALANCED = [2, 1, 1, 1];
const share = (rounds: number, of: (seed: number) => boolean) =>
  Array.from({ length: rounds }, (_, seed) => of(seed)).filter(Boolean).length / rounds;

describe('kept letters', () => {
  it('are counted for both sides: who learned the letters keeps all, and the options do not matter', () => {
    const row = rowOf(constant('A'), memorizing(100, constant('A')), { facts: 100, seed: 1 });
    expect(row).toMatchObject({ suite: 'suite', items: 100, candidate: 100, chance: 0.25 });
    expect(hasMemorizedLetters(row)).toBe(true);
    expect(baselineMemorizedLetters(row)).toBe(false);
  });

  it('a candidate that says another letter than the baseline has memorized nothing, whatever the key', () => {
    const found = share(40, (seed) =>
      hasMemorizedLetters(rowOf(constant('D'), constant('A'), { facts: 200, seed, key: UNBALANCED })),
    );
    expect(found).toBeLessThanOrEqual(0.05);
  });

  it('the letter that is frequent in a subject is a habit too', () => {
    const half = (family: string, key: readonly number[], letter: string, seed: number) =>
      allFacts(lettered({ baseline: constant('B'), candidate: constant(letter) }, { facts: 150, seed, key })).map(
        (fact) => ({ ...fact, permuted: fact.permuted.map((item) => ({ ...item, family })) }),
      );
    const rows = Array.from({ length: 20 }, (_, seed) => {
      const both = [...half('geography', [1, 1, 1, 4], 'D', seed), ...half('religions', [4, 1, 1, 1], 'A', seed + 100)];
      return keptLetters(both, { hasBaseline: true })[0] ?? expect.fail();
    });
    expect(rows.filter((row) => row.candidate - (row.baseline ?? 0) > 0.05 * row.items).length).toBeGreaterThan(15);
    expect(rows.filter(hasMemorizedLetters).length).toBeLessThanOrEqual(1);
  });

  it.each([
    ['a model of constant letters', constant('A')],
    ['a model that follows the options', binding(0.6)],
  ])('the letters of half of 300 questions are found in %s', (_, model) => {
    const found = share(3, (seed) => hasMemorizedLetters(rowOf(model, memorizing(150, model), { facts: 300, seed })));
    expect(found).toBeGreaterThanOrEqual(0.95);
  });

  it('a model that knows the answers and follows the options keeps none', () => {
    const row = rowOf(binding(0.5), binding(1), { facts: 100, seed: 1 });
    expect(row.candidate).toBe(0);
    expect(hasMemorizedLetters(row)).toBe(false);
  });

  it('p is adjusted for the number of suites', () => {
    const facts = allFacts(
      lettered({ baseline: constant('A'), candidate: memorizing(30, constant('A')) }, { facts: 100, seed: 1 }),
    );
    const copies = Array.from({ length: 5 }, (_, i) =>
      facts.map((fact) => ({ ...fact, exam: { ...fact.exam, suite: `suite ${i}` } })),
    );
    const [alone] = keptLetters(facts, { hasBaseline: true });
    const rows = keptLetters(copies.flat(), { hasBaseline: true });
    expect(rows.map(({ p }) => p)).toEqual(copies.map(() => Math.min(1, 5 * (alone?.p ?? 1))));
  });

  it('the one suite of 120 whose letters were learned is found, and no other', () => {
    const facts = Array.from({ length: 120 }, (_, i) =>
      allFacts(
        lettered(
          { baseline: constant('A'), candidate: i === 70 ? memorizing(40, constant('A')) : constant('B') },
          { facts: 40, seed: i },
        ),
      ).map((fact) => ({ ...fact, exam: { ...fact.exam, suite: `suite ${i}` } })),
    );
    const rows = keptLetters(facts.flat(), { hasBaseline: true });
    expect(rows).toHaveLength(120);
    expect(rows.filter(hasMemorizedLetters).map(({ suite }) => suite)).toEqual(['suite 70']);
  });

  it('a baseline that memorized is found, alone too, and what it knew by the letter cannot be forgotten', () => {
    const answers = lettered(
      { baseline: memorizing(60, binding(0.7)), candidate: binding(0.7) },
      { facts: 100, seed: 2 },
    );
    const kept = keptLetters(allFacts(answers), { hasBaseline: true });
    expect(kept.map(baselineMemorizedLetters)).toEqual([true]);
    const asExam = answers.facts.map((fact) => ({ ...fact, benchmark: fact.exam }));
    const left = factsForLoss(asExam, kept);
    expect(left).toHaveLength(40);
    expect(factsForLoss(asExam, [])).toHaveLength(100);
    const swapped = lettered(
      { baseline: binding(0.7), candidate: memorizing(60, binding(0.7)) },
      { facts: 100, seed: 2 },
    );
    const [alone] = keptLetters(allFacts(swapped), { hasBaseline: false });
    expect(alone).toMatchObject({ baseline: null });
    expect(alone && baselineMemorizedLetters(alone)).toBe(true);
  });
});
