import { expect, it } from 'vitest';
import type { ChoiceScoring, ProbeItem } from '../src/item.ts';
import { choiceOutcome } from '../src/outcome.ts';

function item(choices: string[], answer: number, scoring: ChoiceScoring = 'raw'): ProbeItem {
  const question = { kind: 'choice', choices, answer, scoring } as const;
  return {
    id: 'i',
    capability: 'c',
    family: 'f',
    form: 'benchmark',
    fact: 'i',
    cluster: 'exam',
    prompt: 'p',
    question,
  };
}

it('prefers the likeliest choice, with the margin to the right one', () => {
  expect(choiceOutcome(item(['a', 'b', 'c'], 1), [-3, -1, -2])).toMatchObject({ correct: true, given: 'b', margin: 1 });
  expect(choiceOutcome(item(['a', 'b', 'c'], 0), [-3, -1, -2])).toMatchObject({
    correct: false,
    given: 'b',
    margin: -2,
  });
});

it('reports the share of the right choice in the likelihood of all', () => {
  const { probability } = choiceOutcome(item(['a', 'b'], 0), [Math.log(0.3), Math.log(0.1)]);
  expect(probability).toBeCloseTo(0.75, 12);
});

it('does not count a tie as an answer, wherever the right choice is', () => {
  for (const answer of [0, 1, 2, 3]) {
    expect(choiceOutcome(item(['a', 'b', 'c', 'd'], answer), [-2, -2, -2, -2])).toMatchObject({
      correct: false,
      given: '',
    });
  }
});

it('divides by characters or bytes, as the scoring says', () => {
  // Per character −1 against −1.5; raw −4 against −3; per byte −4/8 against −3/2.
  const choices = ['ßßßß', 'ab'];
  expect(choiceOutcome(item(choices, 0, 'raw'), [-4, -3]).correct).toBe(false);
  expect(choiceOutcome(item(choices, 0, 'per-character'), [-4, -3]).margin).toBeCloseTo(0.5, 12);
  expect(choiceOutcome(item(choices, 0, 'per-byte'), [-4, -3]).margin).toBeCloseTo(1, 12);
});
