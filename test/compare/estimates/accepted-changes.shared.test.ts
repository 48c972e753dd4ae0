import { describe, expect, it } from 'vitest';
import { leastTwinChange } from '../../../src/compare/estimates/changes.ts';
import { DEFAULT_POLICY } from '../../../src/policy/policy.ts';

/** For forms that are answered by generation: shares above chance are accuracies. */
const start = (share: number, scale = 1) => ({ value: 0, lower: 0, upper: 0, start: { share, n: 1000, scale } });
const least = (benchmark: number, twin: number, gain: number, scale?: number) =>
  leastTwinChange({ benchmark: start(benchmark, scale), twin: start(twin, scale) }, DEFAULT_POLICY, gain);

describe('the changes that the policy accepts', () => {
  it('of a gain need 0.6 of it in log-odds', () => {
    // 50% to 80% is ln 4 = 1.386 in log-odds. 0.6 of that, from 50%, ends at 1/(1 + e^−0.832) = 69.7%.
    expect(least(0.5, 0.5, 0.3)).toBeCloseTo(0.1967, 4);
    // With four choices, the same shares above chance are 3/4 of the points.
    expect(least(0.5, 0.5, 0.225, 4 / 3)).toBeCloseTo(0.75 * 0.1967, 4);
    // Twins at 95% need less: logit(0.95) = 2.944, and 1/(1 + e^−3.776) = 97.76%.
    expect(least(0.5, 0.95, 0.3)).toBeCloseTo(0.0276, 4);
  });

  it('are within 5 points of the gain where that is less', () => {
    // 8 points from 50%: 0.6 of the log-odds would be 4.9 points.
    expect(least(0.5, 0.5, 0.08)).toBeCloseTo(0.03, 12);
  });

  it('of less than 5 points are all but a loss of 2', () => {
    expect(least(0.5, 0.5, 0.049)).toBe(-0.02);
    expect(least(0.5, 0.5, -0.019)).toBe(-0.02);
    expect(least(0.5, 0.5, -0.02)).toBe(Infinity);
  });
});
