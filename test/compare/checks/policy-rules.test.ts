import { describe, expect, it } from 'vitest';
import { applyRules, findIdleRules } from '../../../src/compare/checks/policy-rules.ts';
import type { MetricPair } from '../../../src/compare/metric-pair.ts';
import { parsePolicy } from '../../../src/policy/load.ts';

const rules = (text: string) => parsePolicy(`rules:\n  - ${text}`, 'policy.yml').rules;

function observation(over: Partial<MetricPair>): MetricPair {
  return {
    metric: 'stableRank',
    of: 'delta',
    statistic: 'median',
    module: 'q_proj',
    place: 'q_proj',
    candidate: 8,
    baseline: 10,
    ...over,
  };
}

const places = (text: string, ...observations: MetricPair[]) =>
  applyRules(rules(text), observations).map(({ place }) => place);

describe('a rule', () => {
  it.each([
    ['direction: down', 8, true],
    ['direction: down', 12, false],
    ['direction: up', 8, false],
    ['direction: up', 12, true],
    ['direction: any', 8, true],
    ['direction: any', 12, true],
    ['direction: any', 10, false],
  ])('watches its direction: %s, 10 → %d', (direction, candidate, fires) => {
    expect(places(`{metric: stableRank, ${direction}}`, observation({ candidate }))).toHaveLength(fires ? 1 : 0);
  });

  it.each([
    ['relative: 0.19', true],
    ['relative: 0.21', false],
    ['absolute: 1.9', true],
    ['absolute: 2.1', false],
    ['relative: 0.01, absolute: 2.1', false],
    ['relative: 0.21, absolute: 0.1', false],
    ['relative: 0.19, absolute: 1.9', true],
  ])('allows the larger of its tolerances: %s for a fall of 2 from 10', (tolerance, fires) => {
    expect(places(`{metric: stableRank, ${tolerance}}`, observation({}))).toHaveLength(fires ? 1 : 0);
  });

  it('is for its metric, of W or of ΔW, its statistic and its module types only', () => {
    const others = [
      observation({ metric: 'effectiveRank', place: 'metric' }),
      observation({ of: 'weight', place: 'of' }),
      observation({ statistic: 'weightedMean', place: 'statistic' }),
      observation({ module: 'k_proj', place: 'module' }),
      observation({}),
    ];
    expect(places('{metric: stableRank, modules: [q_proj]}', ...others)).toEqual(['q_proj']);
    expect(places('{metric: stableRank, statistic: weightedMean}', ...others)).toEqual(['statistic']);
    expect(places('{metric: stableRank, of: weight}', ...others)).toEqual(['of']);
  });

  it('says both values, the change and what was allowed, at its level', () => {
    expect(applyRules(rules('{metric: stableRank, relative: 0.1, level: fail}'), [observation({})])).toEqual([
      {
        level: 'fail',
        rule: 'stableRank',
        metric: 'stableRank',
        of: 'delta',
        place: 'q_proj',
        candidate: 8,
        baseline: 10,
        tolerance: { relative: 0.1 },
        message: 'stableRank of ΔW fell from 10 to 8 (−20 %), allowed ±10 %',
      },
    ]);
  });

  it('shows a change that three digits would hide', () => {
    const [reason] = applyRules(rules('{metric: stableRank}'), [
      observation({ baseline: 0.21004, candidate: 0.21001 }),
    ]);
    expect(reason?.message).toMatch(/from 0\.21004 to 0\.21001/);
  });

  it('that had nothing to judge is inconclusive, unless it is information', () => {
    const idle = (text: string) => findIdleRules(rules(text), [observation({})]).map(({ level }) => level);
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
  ])('that could never speak is refused: %s', (text) => {
    expect(() => rules(text)).toThrow(/policy\.yml:2:\d+/);
  });
});
