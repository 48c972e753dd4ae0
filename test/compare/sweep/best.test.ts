import { describe, expect, it } from 'vitest';
import type { PairedFact } from '../../../src/compare/probes/paired-item.ts';
import { findBest, type SweptAnswers } from '../../../src/compare/sweep/best.ts';
import { expectShare, seeded } from '../../statistics/seeded.ts';
import { fact } from '../probes/facts.ts';

/** One twin a fact: right (1) or wrong (0). */
function answers(right: readonly number[]): SweptAnswers {
  const twin = right.map((own, i): PairedFact => fact(`f${i}`, '00', [own === 1 ? '01' : '00']));
  return { twin, benchmark: [] };
}

/** Right on so many of the first, then wrong on the rest. */
const first = (right: number, of: number) => Array.from({ length: of }, (_, i) => (i < right ? 1 : 0));

/** P(X ≥ won) of Bin(won + lost, ½) from binomial coefficients. */
function exactTail(won: number, lost: number): number {
  const n = won + lost;
  let coefficient = 1n;
  let sum = 0n;
  for (let k = 0; k <= n; k += 1) {
    if (k >= won) sum += coefficient;
    coefficient = (coefficient * BigInt(n - k)) / BigInt(k + 1);
  }
  return Number((sum * 10n ** 18n) / 2n ** BigInt(n)) / 1e18;
}

/** Standard normal quantiles of 1 − .05/(N − 1) for N = 2 to 5 (R 4.3: qnorm). */
const Z = [1.644854, 1.959964, 2.128045, 2.241403];

describe('which checkpoint is best', () => {
  it('follows from exact tails and from McNemar’s statistic, computed apart, for random models', () => {
    const { uniform, int } = seeded(41);
    const seen = { named: 0, none: 0 };
    for (let round = 0; round < 300; round += 1) {
      const count = int(2, 5);
      const right = Array.from({ length: count }, (): number[] => {
        const skill = 0.4 + 0.5 * uniform();
        return Array.from({ length: 80 }, () => (uniform() < skill ? 1 : 0));
      });
      const totals = right.map((own) => own.reduce((sum, one) => sum + one, 0));
      const top = totals.indexOf(Math.max(...totals));
      const behind = right.map((theirs, model) => {
        const ours = right[top] ?? [];
        const won = ours.filter((one, i) => one === 1 && theirs[i] === 0).length;
        const lost = ours.filter((one, i) => one === 0 && theirs[i] === 1).length;
        const isFar = (won - lost) / Math.sqrt(Math.max(1, won + lost)) > (Z[count - 2] ?? Number.NaN);
        return model === top || (isFar && exactTail(won, lost) < 0.05 / (count - 1));
      });
      const best = findBest(
        right.map((own, i) => ({ name: `m${i}`, answers: answers(own) })),
        0.05,
      );
      const expected = behind.every((one) => one) ? `m${top}` : null;
      expect(best).toMatchObject({ by: 'twin', models: count, top: `m${top}`, name: expected });
      seen[expected === null ? 'none' : 'named'] += 1;
    }
    // Both happen often enough to mean something.
    expect(Math.min(seen.named, seen.none)).toBeGreaterThan(50);
  });

  it.each([
    ['all are equally good', [0.7, 0.7, 0.7, 0.7, 0.7]],
    // Where the level of each test is used up: either of the two can be named for its luck.
    ['two are equally good, and nobody else is', [0.7, 0.7, 0.1]],
  ])('is a wrong one in at most α of the draws in which %s', (_, skills) => {
    const { uniform } = seeded(42);
    const draw = () => {
      const models = skills.map((skill, i) => ({
        name: `m${i}`,
        answers: answers(Array.from({ length: 100 }, () => (uniform() < skill ? 1 : 0))),
      }));
      return findBest(models, 0.05)?.name !== null;
    };
    expectShare(2000, draw, [0, 0.05]);
  });

  it('lists those that cannot be told apart from the first, and only those', () => {
    const models = [
      { name: 'low', answers: answers(first(40, 100)) },
      { name: 'high', answers: answers(first(80, 100)) },
      { name: 'near', answers: answers(first(78, 100)) },
    ];
    const best = findBest(models, 0.05);
    expect(best).toMatchObject({ name: null, top: 'high' });
    expect(best?.rivals.map(({ name, isBehind }) => [name, isBehind])).toEqual([
      ['low', true],
      ['near', false],
    ]);
    expect(best?.rivals[0]?.lead?.value).toBeCloseTo(0.4, 12);
  });

  it('is nobody where one answered other questions, whatever the difference', () => {
    const other = { ...answers(first(10, 100)), twin: answers(first(10, 100)).twin.slice(1) };
    const best = findBest(
      [
        { name: 'a', answers: answers(first(99, 100)) },
        { name: 'b', answers: other },
      ],
      0.05,
    );
    expect(best).toMatchObject({ name: null, rivals: [{ name: 'b', lead: null, p: null, isBehind: false }] });
  });

  it('goes by the exam where somebody has no twins, and says nothing of one model alone', () => {
    const exam = (right: number): SweptAnswers => ({ twin: [], benchmark: answers(first(right, 100)).twin });
    const models = [
      { name: 'a', answers: exam(90) },
      { name: 'b', answers: exam(50) },
    ];
    expect(findBest(models, 0.05)).toMatchObject({ by: 'benchmark', name: 'a' });
    expect(findBest(models.slice(1), 0.05)).toBeNull();
  });
});
