import { describe, expect, it } from 'vitest';
import { findingsOn, measurement, reportOn } from '../measurement.ts';

describe('the checks of the baseline', () => {
  it('a measurement compared with itself passes, and the only finding is that it is the same checkpoint', () => {
    expect(reportOn(measurement(), measurement())).toMatchObject({
      verdict: 'pass',
      findings: [{ kind: 'nothing-trained', level: 'info', against: 'baseline', isIdentical: true }],
    });
  });

  it.each([
    ['warn', 'warn'],
    ['fail', 'fail'],
    ['pass', 'info'],
  ] as const)('a missing baseline has the level of the policy: on-missing-baseline: %s is %s', (policy, level) => {
    const options = { policy: `on-missing-baseline: ${policy}`, baselinePath: 'main.json' };
    expect(findingsOn(measurement(), null, options)).toEqual([{ kind: 'missing-baseline', level, path: 'main.json' }]);
  });

  it.each([
    ['2026-01-01T00:00:00.000Z', '2026-03-31T23:00:00.000Z', []],
    [
      '2026-01-01T00:00:00.000Z',
      '2026-04-01T01:00:00.000Z',
      [{ kind: 'stale-baseline', level: 'warn', days: 90, limit: 90 }],
    ],
    ['2026-01-01T00:00:00.000Z', '2025-12-01T00:00:00.000Z', []],
    ['long ago', '2026-04-01T01:00:00.000Z', [{ kind: 'stale-baseline', level: 'warn', days: null, limit: 90 }]],
  ])('a baseline of %s is stale for a candidate of %s by what the policy says', (before, now, expected) => {
    const at = (time: string) => measurement({ run: { ...measurement().run, time } });
    const stale = (options: object) =>
      findingsOn(at(now), at(before), options).filter(({ kind }) => kind === 'stale-baseline');
    expect(stale({ policy: 'baseline-max-age: 90' })).toEqual(expected);
    expect(stale({})).toEqual([]);
  });

  it('a change that touches what it is judged by is told so, and passes only if the version of the base counts', () => {
    const edited = { change: 'edited', path: 'shadow-gate.yml', base: 'c0ffee' } as const;
    const policy = { ...edited, level: 'info', input: 'policy', counts: 'base' } as const;
    expect(reportOn(measurement(), measurement(), { changes: [policy] })).toMatchObject({
      verdict: 'pass',
      findings: [
        { kind: 'changed-input', ...policy },
        { kind: 'nothing-trained', level: 'info' },
      ],
    });
    const reference = { ...edited, level: 'inconclusive', input: 'reference', counts: 'change' } as const;
    expect(reportOn(measurement(), measurement(), { changes: [policy, reference] }).verdict).toBe('inconclusive');
  });
});
