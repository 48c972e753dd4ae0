import { describe, expect, it } from 'vitest';
import { clopperPearson } from '../../src/statistics/clopper-pearson.ts';
import { kornGraubard } from '../../src/statistics/korn-graubard.ts';
import { seeded } from './seeded.ts';

const clusters = (count: number, answers: readonly boolean[]) => Array.from({ length: count }, () => answers);

describe('the interval of clustered answers', () => {
  it('is that of Clopper and Pearson where each cluster has one answer', () => {
    for (const [right, n] of [
      [0, 7],
      [13, 40],
      [81, 263],
      [90, 90],
    ] as const) {
      const own = kornGraubard([...clusters(right, [true]), ...clusters(n - right, [false])], 0.95);
      const { lower, upper } = clopperPearson({ successes: right, n, level: 0.95 });
      expect(own?.lower).toBeCloseTo(lower, 7);
      expect(own?.upper).toBeCloseTo(upper, 7);
    }
  });

  it('takes answers that always agree for about one answer', () => {
    const pairs = kornGraubard([...clusters(30, [true, true]), ...clusters(30, [false, false])], 0.95);
    const one = clopperPearson({ successes: 30, n: 60, level: 0.95 });
    expect(pairs?.share).toBe(0.5);
    expect(pairs?.lower).toBeCloseTo(one.lower, 3);
    expect(pairs?.upper).toBeCloseTo(one.upper, 3);
    // All right: the answers say nothing of how much they agree.
    expect(kornGraubard(clusters(90, [true, true]), 0.95)?.lower).toBeCloseTo(0.9598, 4);
  });

  it('is not narrower than for independent answers, also where they alternate', () => {
    const own = kornGraubard(clusters(50, [true, false]), 0.95);
    const independent = clopperPearson({ successes: 50, n: 100, level: 0.95 });
    expect(own?.lower).toBeCloseTo(independent.lower, 7);
    expect(own?.upper).toBeCloseTo(independent.upper, 7);
  });

  it('covers the truth in at least about 95% of draws of facts with two twins that agree by half', () => {
    const { uniform: random } = seeded(5);
    for (const [truth, facts] of [
      [0.3, 60],
      [0.9, 60],
      [0.97, 120],
    ] as const) {
      let covered = 0;
      for (let draw = 0; draw < 400; draw += 1) {
        const drawn = Array.from({ length: facts }, () => {
          const first = random() < truth;
          return [first, random() < 0.5 ? first : random() < truth];
        });
        const { lower = 0, upper = 1 } = kornGraubard(drawn, 0.95) ?? {};
        if (lower <= truth && truth <= upper) covered += 1;
      }
      expect(covered / 400, `${truth} of ${facts}`).toBeGreaterThan(0.935);
    }
  });

  it('is null without answers', () => {
    expect(kornGraubard([[]], 0.95)).toBeNull();
  });
});
