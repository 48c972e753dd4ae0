import { describe, expect, it } from 'vitest';
import { findBest } from '../../../src/compare/sweep/best.ts';
import { expectShare, seeded } from '../../statistics/seeded.ts';
import { answers, model } from './models.ts';

describe('the best checkpoint, by luck,', () => {
  it.each([
    ['all are equally good', [0.7, 0.7, 0.7, 0.7, 0.7]],
    // Where the level of each test is used up: either of the two can be named for its luck.
    ['two are equally good, and nobody else is', [0.7, 0.7, 0.1]],
  ])('is a wrong one in at most α of the draws in which %s', (_, skills) => {
    const { uniform } = seeded(42);
    const draw = () => {
      const models = skills.map((skill, i) =>
        model(`m${i}`, answers(Array.from({ length: 100 }, () => (uniform() < skill ? 1 : 0)))),
      );
      return findBest(models, 0.05)?.name !== null;
    };
    expectShare(2000, draw, [0, 0.05]);
  });

  it.each([
    ['low accuracy', (right: number) => right < 68],
    ['high accuracy, as of those that learned the exam', (right: number) => right > 72],
    ['anything else', (_: number, luck: number) => luck < 0.3],
  ])('is a wrong one in at most α of the draws in which some of five that are equally good fail by %s', (_, fails) => {
    const { uniform } = seeded(43);
    const seen = { rivals: 0 };
    const draw = () => {
      const models = Array.from({ length: 5 }, (__, i) => {
        const right = Array.from({ length: 100 }, () => (uniform() < 0.7 ? 1 : 0));
        const isFailing = fails(right.filter((own) => own === 1).length, uniform());
        return model(`m${i}`, answers(right), isFailing ? 'fail' : 'pass');
      });
      const best = findBest(models, 0.05);
      const isCompared = (best?.rivals.length ?? 0) > 0;
      seen.rivals += isCompared && best !== null && best.rivals.length < 4 ? 1 : 0;
      return isCompared && best?.name !== null;
    };
    expectShare(1000, draw, [0, 0.05]);
    expect(seen.rivals).toBeGreaterThan(500);
  });
});
