import { expect, it } from 'vitest';
import { outcomeOf, SCENARIOS, type Scenario, type Shape } from './worlds.ts';

/** More of them: npm run bench:sequential */
const DRAWS = 5;

it.each([
  ['built-in', 'same answers', 'pass', 0.6],
  ['built-in', 'both −25', 'fail', 0.4],
  ['built-in', 'equal, 3% changed', null, 1],
  ['derived', 'same answers', 'pass', 0.75],
  ['derived', 'benchmark +30', 'fail', 0.6],
  ['derived', 'twins −2', null, 1],
] as const)('%s, %s: the verdict of all items is that of fewer', (shape: Shape, name, verdict, most) => {
  const scenario: Scenario | undefined = SCENARIOS[name];
  if (!scenario) throw new Error(name);
  const outcomes = Array.from({ length: DRAWS }, (_, seed) => outcomeOf(shape, scenario, seed + 1));
  for (const { full, sequential, settled } of outcomes) {
    expect(sequential).toBe(full);
    if (settled !== null) expect(sequential).toBe(settled);
    if (verdict !== null) expect(sequential).toBe(verdict);
  }
  expect(outcomes.reduce((sum, { asked }) => sum + asked, 0) / DRAWS).toBeLessThanOrEqual(most);
});
