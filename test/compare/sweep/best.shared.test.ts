import { describe, expect, it } from 'vitest';
import { findBest, type SweptAnswers } from '../../../src/compare/sweep/best.ts';
import { seeded } from '../../statistics/seeded.ts';
import { answers, model } from './models.ts';

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
        right.map((own, i) => model(`m${i}`, answers(own))),
        0.05,
      );
      const expected = behind.every((one) => one) ? `m${top}` : null;
      expect(best).toMatchObject({ by: 'twin', models: count, top: `m${top}`, name: expected });
      seen[expected === null ? 'none' : 'named'] += 1;
    }
    // Both happen often enough to mean something.
    expect(Math.min(seen.named, seen.none)).toBeGreaterThan(50);
  });

  it.each(['fail', 'inconclusive'] as const)(
    'passes over a model that may not be merged: the better one is %s',
    (verdict) => {
      const good = model('good', answers(first(70, 100)));
      const bad = model('bad', answers(first(95, 100)), verdict);
      expect(findBest([bad, { ...bad, name: 'worse' }], 0.05)).toBeNull();
      // Nothing else may be merged, whatever its accuracy is.
      expect(findBest([bad, good], 0.05)).toMatchObject({ models: 2, name: 'good', top: 'good', rivals: [] });
      const low = model('low', answers(first(40, 100)), 'warn');
      expect(findBest([bad, low, good], 0.05)).toMatchObject({ models: 3, name: 'good', rivals: [{ name: 'low' }] });
      expect(findBest([model('near', answers(first(68, 100))), bad, good], 0.05)).toMatchObject({
        name: null,
        top: 'good',
      });
    },
  );

  it('lists those that cannot be told apart from the first, and only those', () => {
    const models = [
      model('low', answers(first(40, 100))),
      model('high', answers(first(80, 100))),
      model('near', answers(first(78, 100))),
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
    const best = findBest([model('a', answers(first(99, 100))), model('b', other)], 0.05);
    expect(best).toMatchObject({ name: null, rivals: [{ name: 'b', lead: null, p: null, isBehind: false }] });
  });

  it('goes by the exam where somebody has no twins, and says nothing of one model alone', () => {
    const exam = (right: number): SweptAnswers => ({ twin: [], benchmark: answers(first(right, 100)).twin });
    const models = [model('a', exam(90)), model('b', exam(50))];
    expect(findBest(models, 0.05)).toMatchObject({ by: 'benchmark', name: 'a' });
    expect(findBest(models.slice(1), 0.05)).toBeNull();
  });
});
