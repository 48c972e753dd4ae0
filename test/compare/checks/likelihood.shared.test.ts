import { LOGIT_FACTORS } from '@shadow-gate/language-model/engine';
import { describe, expect, it } from 'vitest';
import type { Measurement } from '../../../src/measure/schema/measurement.ts';
import { ofKind, reportOn } from '../measurement.ts';
import { type GradedScenario, gradedBaseline, gradedCandidate, withItems } from '../sequential/graded-worlds.ts';
import { measured } from '../sequential/worlds.ts';

const baseline = gradedBaseline(1);

/** As where every scale of the logits is as good. */
function scaled(side: Measurement): Measurement {
  const items = measured(side).items.map(({ likelihood, ...item }) => ({
    ...item,
    ...(likelihood ? { likelihood: { ...likelihood, scaled: LOGIT_FACTORS.map(() => likelihood.logprob) } } : {}),
  }));
  return withItems(side, items);
}

/** What a candidate lost: points of expected accuracy, thousandths of a nat per byte, and what the check says of it. */
function judged(scenario: GradedScenario, asMeasured = scaled): readonly unknown[] {
  const report = reportOn(asMeasured(gradedCandidate(baseline, scenario, 2)), asMeasured(baseline));
  const row = report.probes?.comparison.graded[0];
  const [loss] = ofKind('likelihood-loss', report.findings);
  const points = Math.round(100 * (row?.expected.value ?? Number.NaN)) || 0;
  return [points, Math.round(1000 * (row?.likelihood?.value ?? Number.NaN)), loss?.level ?? null];
}

describe('a fall of the answer likelihood', () => {
  it('fails with a fall of expected accuracy as large as a loss has to be, and warns with a smaller one', () => {
    expect(judged({ noise: 0.05, all: -0.3, right: -0.3 })).toEqual([-7, -75, 'fail']);
    expect(judged({ noise: 0.05, all: -0.4, right: -0.05 })).toEqual([-1, -56, 'warn']);
  });

  it('beyond three times the limit fails with a fall that is certain, of any size, and warns alone', () => {
    expect(judged({ noise: 0.05, all: -0.8, right: -0.05 })).toEqual([-1, -106, 'fail']);
    // At a server a sharper copy may look like that.
    expect(judged({ noise: 0.05, all: -0.8, right: -0.05 }, (side) => side)).toEqual([-1, -106, 'warn']);
    expect(judged({ noise: 0.05, all: -0.9, right: 0.1 })).toEqual([2, -100, 'warn']);
  });

  it('in a part that fails is said, also where that over everything warns', () => {
    const surer = gradedCandidate(baseline, { noise: 0.05, right: 0.06 }, 2);
    const part = { noise: 0.05, all: -1.5, right: -0.36, capability: 'recall' };
    const candidate = scaled(gradedCandidate(surer, part, 3));
    const losses = ofKind('likelihood-loss', reportOn(candidate, scaled(baseline)).findings);
    expect(losses.map(({ capability, level }) => [capability, level])).toEqual([
      ['recall', 'fail'],
      [null, 'warn'],
    ]);
  });

  it('of half the limit with its bound is no finding that fails', () => {
    expect(judged({ noise: 0.05, all: -0.1 })).toEqual([0, -13, null]);
  });
});
