import { expect, it } from 'vitest';
import { restOfWork } from '../../../src/measure/progress/rest-of-work.ts';

/** Works off parts of a second of estimated time each; each takes as long as `pace` says. */
function run(expected: Readonly<Record<string, number>>, steps: ReadonlyArray<readonly [kind: string, pace: number]>) {
  let now = 0;
  const rest = restOfWork(new Map(Object.entries(expected)), () => now);
  const left = [rest.secondsLeft()];
  for (const [kind, pace] of steps) {
    now += 1000 * pace;
    rest.advance(kind, 1);
    left.push(rest.secondsLeft());
  }
  return left;
}

const times = (count: number, kind: string, pace: number) => Array.from({ length: count }, () => [kind, pace] as const);

it('is the estimate at first, and right all the way if that was right', () => {
  const left = run({ choice: 100 }, times(100, 'choice', 1));
  for (const [i, seconds] of left.entries()) expect(seconds).toBeCloseTo(100 - i, 6);
});

it('corrects an estimate that is three times too low, half of it within a tenth of the work', () => {
  const left = run({ choice: 100 }, times(100, 'choice', 3));
  expect(left[10]).toBeGreaterThan(0.5 * 270);
  expect(left[30]).toBeGreaterThan(0.75 * 210);
  expect(left[30]).toBeLessThan(210);
  expect(left.at(-1)).toBeCloseTo(0, 6);
});

it('follows a machine that becomes slower', () => {
  const left = run({ choice: 100 }, [...times(30, 'choice', 1), ...times(30, 'choice', 2)]);
  expect(left[60]).toBeGreaterThan(60);
});

it('takes the pace of each kind, and for one that has not begun that of the others', () => {
  const left = run({ choice: 50, exact: 50 }, [...times(49, 'choice', 2), ...times(49, 'exact', 0.5)]);
  expect(left[49]).toBeGreaterThan(90);
  // One second of each is left: one that takes two, and one that takes half a second.
  expect(left[98]).toBeGreaterThan(2);
  expect(left[98]).toBeLessThan(3);
});
