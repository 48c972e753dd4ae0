import { describe, expect, it } from 'vitest';
import { aboveChance, logOdds } from '../../src/statistics/log-odds.ts';

describe('chance-corrected log-odds', () => {
  it('70% right of four choices are log-odds of 0.6', () => {
    expect(aboveChance(0.7, 0.25)).toBeCloseTo(0.6, 12);
    expect(logOdds(aboveChance(0.7, 0.25), 300)).toBeCloseTo(Math.log(1.5), 12);
  });

  it('accuracies at or below chance, and of 1, are half an answer away from the end', () => {
    // ln(0.005 / 0.995).
    expect(logOdds(aboveChance(0.2, 0.25), 100)).toBeCloseTo(-5.293305, 6);
    expect(logOdds(aboveChance(0.25, 0.25), 100)).toBeCloseTo(-5.293305, 6);
    expect(logOdds(aboveChance(1, 0.25), 100)).toBeCloseTo(5.293305, 6);
  });

  it('the same shift of skill is the same change for easy and hard items, where points differ', () => {
    const accuracy = (skill: number, difficulty: number) => 0.25 + 0.75 / (1 + Math.exp(difficulty - skill));
    const changes = [-1, 0, 2].map((difficulty) => {
      const [before, after] = [accuracy(0, difficulty), accuracy(1, difficulty)];
      return {
        points: after - before,
        odds: logOdds(aboveChance(after, 0.25), 1e6) - logOdds(aboveChance(before, 0.25), 1e6),
      };
    });
    for (const { odds } of changes) expect(odds).toBeCloseTo(1, 6);
    expect(Math.min(...changes.map(({ points }) => points))).toBeLessThan(0.12);
    expect(Math.max(...changes.map(({ points }) => points))).toBeGreaterThan(0.17);
  });
});
