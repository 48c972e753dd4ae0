import { it } from 'vitest';
import { jointConformal } from '../../src/statistics/joint-conformal.ts';
import { expectShare, type Seeded, seeded } from './seeded.ts';

const ALPHA = 0.05;

/** Nineteen runs and a candidate that are exchangeable: all of them are drawn alike. */
function isAlarm(draw: () => readonly number[]): boolean {
  const runs = Array.from({ length: 19 }, draw);
  const candidate = draw();
  const sides = candidate.map((_, j) => (['up', 'down', 'both'] as const)[j % 3] ?? 'up');
  return jointConformal(runs, candidate, sides, ALPHA).p <= ALPHA + 1e-12;
}

const many = (random: Seeded, one: (common: number) => number) => (): number[] => {
  const common = random.normal();
  return Array.from({ length: 20 }, () => one(common));
};

it.each([
  ['one number', (random: Seeded) => () => [random.normal()]],
  [
    '20 numbers that correlate at 0.9',
    (random: Seeded) => many(random, (common) => Math.sqrt(0.9) * common + Math.sqrt(0.1) * random.normal()),
  ],
  // A Cauchy distribution has no mean to speak of.
  ['20 numbers with heavy tails', (random: Seeded) => many(random, () => random.normal() / random.normal())],
] as const)('the joint test reports one in twenty good runs: %s', (_, of) => {
  const draw = of(seeded(22));
  // Exact for continuous numbers: neither more, nor much less.
  expectShare(3000, () => isAlarm(draw), [ALPHA, ALPHA]);
});
