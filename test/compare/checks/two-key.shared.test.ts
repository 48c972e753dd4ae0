import { describe, expect, it } from 'vitest';
import type { ComparisonContext } from '../../../src/compare/check.ts';
import { twoKeyCheck } from '../../../src/compare/checks/two-key.ts';
import type { Finding } from '../../../src/compare/finding.ts';
import { parsePolicy } from '../../../src/policy/load.ts';
import { finding } from '../../report/fixtures.ts';

const policy = parsePolicy('', 'policy.yml');
const concentrated = finding();
const retention: Finding = {
  kind: 'retention',
  level: 'warn',
  value: 0.9,
  certain: 100,
  kept: 90,
  least: 0.95,
  bound: 0.98,
};

const keys = (spectra: Finding[], answers: Finding[], of = policy) => {
  // The check looks at no other part of a comparison.
  const context = { calibration: null, policy: of, probes: { kind: 'not-requested' } } as unknown as ComparisonContext;
  return twoKeyCheck.findAfter(context, {
    sides: [],
    answers,
    stops: [],
    texts: [],
    benchmarks: [],
    keys: [],
    spectra,
  });
};

describe('the two-key rule', () => {
  it('the two-key rule fails an update that is narrow and lost knowledge, where each alone would only warn', () => {
    expect(keys([concentrated], [retention])).toEqual([
      {
        ...{ kind: 'two-key', level: 'fail', spectral: 'mlpAttentionRatio', behavioral: 'retention' },
        ...{ metric: 'retention', isBehaviorJudged: true },
      },
    ]);
    expect(keys([concentrated], [])).toEqual([]);
    expect(keys([], [retention])).toEqual([]);
  });

  it('the two-key rule needs a warning of both: a failure has failed already, and information is no evidence', () => {
    for (const level of ['fail', 'inconclusive', 'info'] as const) {
      expect(keys([{ ...concentrated, level }], [retention]), `spectra: ${level}`).toEqual([]);
      expect(keys([concentrated], [{ ...retention, level }]), `probes: ${level}`).toEqual([]);
    }
  });

  it('the two-key rule takes neither a missing baseline for a narrow update nor missing probes for a deficit', () => {
    const missing: Finding = { kind: 'missing-baseline', level: 'warn', path: null };
    const notRun: Finding = { kind: 'probes-not-run', level: 'warn', side: 'candidate', cause: null };
    expect(keys([missing], [retention])).toEqual([]);
    expect(keys([concentrated], [notRun])).toEqual([]);
  });

  it('the two-key rule has the level of the policy', () => {
    const lenient = parsePolicy('two-key: {level: warn}', 'policy.yml');
    expect(keys([concentrated], [retention], lenient)).toMatchObject([{ level: 'warn' }]);
  });
});
