import { describe, expect, it } from 'vitest';
import type { ComparisonContext } from '../../../src/compare/check.ts';
import { idleRulesCheck, movedMetricsCheck, unclearMetricsCheck } from '../../../src/compare/checks/policy-rules.ts';
import { scopePlace } from '../../../src/compare/rows/fields.ts';
import type { MetricPair } from '../../../src/compare/spectra/metric-pair.ts';
import { parsePolicy } from '../../../src/policy/load.ts';

const policyOf = (rule: string) => parsePolicy(`rules:\n  - ${rule}`, 'policy.yml');

/** A comparison with these numbers; the checks of rules look at no other part of it. */
function contextOf(rule: string, metrics: readonly MetricPair[]): ComparisonContext {
  const comparability = { weights: true, deltas: true, findings: [] };
  const probes = { kind: 'not-requested' };
  return { policy: policyOf(rule), metrics, comparability, calibration: null, probes } as unknown as ComparisonContext;
}

function pair(over: Partial<MetricPair>, name = 'q_proj'): MetricPair {
  return {
    metric: 'stableRank',
    of: 'delta',
    statistic: 'median',
    module: 'q_proj',
    scope: { kind: 'modules', name },
    candidate: 8,
    baseline: 10,
    isLowRank: false,
    ...over,
  };
}

const places = (rule: string, ...metrics: MetricPair[]) =>
  movedMetricsCheck(contextOf(rule, metrics)).flatMap((found) => ('scope' in found ? [scopePlace(found.scope)] : []));

describe('the rules of the policy', () => {
  it.each([
    ['direction: down', 8, true],
    ['direction: down', 12, false],
    ['direction: up', 8, false],
    ['direction: up', 12, true],
    ['direction: any', 8, true],
    ['direction: any', 12, true],
    ['direction: any', 10, false],
  ])('a rule of the policy reports only changes in its direction: %s, 10 → %d', (direction, candidate, fires) => {
    expect(places(`{metric: stableRank, ${direction}}`, pair({ candidate }))).toHaveLength(fires ? 1 : 0);
  });

  it.each([
    ['relative: 0.19', true],
    ['relative: 0.21', false],
    ['absolute: 1.9', true],
    ['absolute: 2.1', false],
    ['relative: 0.01, absolute: 2.1', false],
    ['relative: 0.21, absolute: 0.1', false],
    ['relative: 0.19, absolute: 1.9', true],
  ])('a rule of the policy allows the larger of its limits: %s for a fall of 2 from 10', (limit, fires) => {
    expect(places(`{metric: stableRank, ${limit}}`, pair({}))).toHaveLength(fires ? 1 : 0);
  });

  it('a rule of the policy judges no other metric, statistic or module type, and W and ΔW apart', () => {
    const others = [
      pair({ metric: 'effectiveRank' }, 'metric'),
      pair({ of: 'weight' }, 'of'),
      pair({ statistic: 'weightedMean' }, 'statistic'),
      pair({ module: 'k_proj' }, 'module'),
      pair({}),
    ];
    expect(places('{metric: stableRank, modules: [q_proj]}', ...others)).toEqual(['q_proj']);
    expect(places('{metric: stableRank, statistic: weightedMean}', ...others)).toEqual(['statistic']);
    expect(places('{metric: stableRank, of: weight}', ...others)).toEqual(['of']);
  });

  it('a rule of the policy gives both values and the limit in its finding, at its own level', () => {
    expect(movedMetricsCheck(contextOf('{metric: stableRank, relative: 0.1, level: fail}', [pair({})]))).toEqual([
      {
        kind: 'metric-moved',
        level: 'fail',
        metric: 'stableRank',
        of: 'delta',
        scope: { kind: 'modules', name: 'q_proj' },
        candidate: 8,
        baseline: 10,
        limit: { absolute: null, relative: 0.1, direction: 'any' },
      },
    ]);
  });

  it('a rule of the policy is inconclusive if it had nothing to judge, unless it is only information', () => {
    const idle = (rule: string) => idleRulesCheck(contextOf(rule, [pair({})])).map(({ level }) => level);
    expect(idle('{metric: stableRank}')).toEqual([]);
    expect(idle('{metric: stableRank, of: weight, level: fail}')).toEqual(['inconclusive']);
    expect(idle('{metric: rowGini}')).toEqual(['inconclusive']);
    expect(idle('{metric: rowGini, level: info}')).toEqual([]);
  });

  it.each([
    '{metric: snr, of: weight}',
    '{metric: updateSize, of: weight}',
    '{metric: rowGini, modules: [q_proj]}',
    '{metric: mlpAttentionRatio, of: weight}',
  ])('a rule of the policy is refused if it could never find anything: %s', (text) => {
    expect(() => policyOf(text)).toThrow(/policy\.yml:2:\d+/);
  });

  it('cannot judge a metric whose bounds are wider than its limit, and is inconclusive then', () => {
    const wide = pair({ candidate: { value: 8, low: 5, high: 11 }, baseline: 10 });
    const narrow = pair({ candidate: { value: 10, low: 9.9, high: 10.1 }, baseline: 10 });
    const rule = '{metric: stableRank, relative: 0.1}';
    expect(unclearMetricsCheck(contextOf(rule, [wide]))).toMatchObject([
      { kind: 'bounds-too-wide', level: 'inconclusive', side: 'candidate', width: 0.6, limit: 0.1 },
    ]);
    expect(unclearMetricsCheck(contextOf(rule, [narrow]))).toEqual([]);
    expect(unclearMetricsCheck(contextOf('{metric: stableRank, relative: 0.1, level: info}', [wide]))).toEqual([]);
  });

  it('on ΔW is idle if the baseline is the reference, which has no update', () => {
    const finding = { kind: 'baseline-is-reference', level: 'info' } as const;
    const comparability = { weights: true, deltas: false, findings: [finding] };
    const context = { ...contextOf('{metric: stableRank, level: fail}', []), comparability };
    expect(idleRulesCheck(context).map(({ level }) => level)).toEqual(['inconclusive']);
    // Where updates cannot be compared for another reason, that reason is the finding.
    expect(idleRulesCheck({ ...context, comparability: { ...comparability, findings: [] } })).toEqual([]);
  });
});
