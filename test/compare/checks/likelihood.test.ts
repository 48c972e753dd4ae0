import { describe, expect, it } from 'vitest';
import { ofKind, reportOn } from '../measurement.ts';
import { type GradedScenario, gradedBaseline, gradedCandidate } from '../sequential/graded-worlds.ts';

const baseline = gradedBaseline(1);

/** What a candidate lost: points of expected accuracy, thousandths of a nat per byte, and what the check says of it. */
function judged(scenario: GradedScenario): readonly unknown[] {
  const report = reportOn(gradedCandidate(baseline, scenario, 2), baseline);
  const row = report.probes?.comparison.graded[0];
  const [loss] = ofKind('likelihood-loss', report.findings);
  const points = Math.round(100 * (row?.expected.value ?? Number.NaN)) || 0;
  return [points, Math.round(1000 * (row?.likelihood?.value ?? Number.NaN)), loss?.level ?? null];
}

describe('a fall of the answer likelihood', () => {
  it('fails beside a fall of expected accuracy by what a loss has to be, and warns beside a smaller one', () => {
    expect(judged({ noise: 0.05, all: -0.3, right: -0.3 })).toEqual([-8, -75, 'fail']);
    expect(judged({ noise: 0.05, all: -0.4, right: -0.05 })).toEqual([-1, -56, 'warn']);
  });

  it('beyond three times the limit fails beside a fall of any size, and warns alone', () => {
    expect(judged({ noise: 0.05, all: -0.8, right: -0.05 })).toEqual([-1, -106, 'fail']);
    expect(judged({ noise: 0.05, all: -0.9, right: 0.1 })).toEqual([2, -100, 'warn']);
  });

  it('of half the limit with its bound is no finding that fails', () => {
    expect(judged({ noise: 0.05, all: -0.1 })).toEqual([0, -13, null]);
  });
});
