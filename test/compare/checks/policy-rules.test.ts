import { describe, expect, it } from 'vitest';
import { idleRules, movedMetrics } from '../../../src/compare/checks/policy-rules.ts';
import type { ComparisonContext } from '../../../src/compare/context.ts';
import type { MetricPair } from '../../../src/compare/metric-pair.ts';
import { placeOf } from '../../../src/compare/reason.ts';
import { parsePolicy } from '../../../src/policy/load.ts';

const policyOf = (rule: string) => parsePolicy(`rules:\n  - ${rule}`, 'policy.yml');

/** A comparison with these numbers; the checks of rules look at nothing else. */
function contextOf(rule: string, metrics: readonly MetricPair[]): ComparisonContext {
  const comparability = { weights: true, deltas: true, findings: [] };
  return { policy: policyOf(rule), metrics, comparability } as unknown as ComparisonContext;
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
    ...over,
  };
}

const places = (rule: string, ...metrics: MetricPair[]) =>
  movedMetrics(contextOf(rule, metrics)).flatMap((found) => ('scope' in found ? [placeOf(found.scope)] : []));

describe('a rule of the policy', () => {
  it.each([
    ['direction: down', 8, true],
    ['direction: down', 12, false],
    ['direction: up', 8, false],
    ['direction: up', 12, true],
    ['direction: any', 8, true],
    ['direction: any', 12, true],
    ['direction: any', 10, false],
  ])('watches its direction: %s, 10 → %d', (direction, candidate, fires) => {
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
  ])('allows the larger of its limits: %s for a fall of 2 from 10', (tolerance, fires) => {
    expect(places(`{metric: stableRank, ${tolerance}}`, pair({}))).toHaveLength(fires ? 1 : 0);
  });

  it('is for its metric, of W or of ΔW, its statistic and its module types only', () => {
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

  it('reports both values and the limit, at its level', () => {
    expect(movedMetrics(contextOf('{metric: stableRank, relative: 0.1, level: fail}', [pair({})]))).toEqual([
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

  it('is inconclusive where it had nothing to judge, unless it is information only', () => {
    const idle = (rule: string) => idleRules(contextOf(rule, [pair({})])).map(({ level }) => level);
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
  ])('is refused where it could never find anything: %s', (text) => {
    expect(() => policyOf(text)).toThrow(/policy\.yml:2:\d+/);
  });
});
