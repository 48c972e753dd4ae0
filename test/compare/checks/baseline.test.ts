import { describe, expect, it } from 'vitest';
import { findingsOn, measurement, reportOn } from '../measurement.ts';

describe('the checks of the baseline', () => {
  it('a measurement compared with itself passes without a finding', () => {
    expect(reportOn(measurement(), measurement())).toMatchObject({ verdict: 'pass', findings: [] });
  });

  it.each([
    ['warn', 'warn'],
    ['fail', 'fail'],
    ['pass', 'info'],
  ] as const)('a missing baseline has the level of the policy: on-missing-baseline: %s is %s', (policy, level) => {
    const options = { policy: `on-missing-baseline: ${policy}`, baselinePath: 'main.json' };
    expect(findingsOn(measurement(), null, options)).toEqual([{ kind: 'missing-baseline', level, path: 'main.json' }]);
  });

  it('a change that edits the policy is told that the edit does not apply yet', () => {
    const change = { kind: 'edited', path: 'shadow-gate.yml', base: 'c0ffee' } as const;
    expect(reportOn(measurement(), measurement(), { change })).toMatchObject({
      verdict: 'pass',
      findings: [
        { kind: 'policy-of-change', level: 'info', change: 'edited', path: 'shadow-gate.yml', base: 'c0ffee' },
      ],
    });
  });
});
