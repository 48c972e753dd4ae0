import { isModelMetric } from '../../policy/metrics.ts';
import { effectiveRules, type Rule } from '../../policy/policy.ts';
import { certainDifference, highOf, lowOf, numberOf } from '../../statistics/bounded.ts';
import type { ComparisonContext } from '../context.ts';
import type { Finding } from '../finding.ts';
import type { MetricPair } from '../metric-pair.ts';

/** Every change that goes further than a rule allows. */
export function movedMetrics({ policy, metrics }: ComparisonContext): Finding[] {
  return effectiveRules(policy).flatMap((rule) =>
    metrics.filter((pair) => isWatched(rule, pair)).flatMap((pair) => judge(rule, pair)),
  );
}

/** Rules of the policy that could warn or fail and had nothing to judge: that is not a pass. */
export function idleRules({ policy, metrics, comparability }: ComparisonContext): Finding[] {
  // Where nothing can be compared, that is a finding of its own. A baseline without an update leaves rules on ΔW idle.
  if (!comparability.weights) return [];
  const isJudgeable = ({ of }: Rule) => comparability.deltas || of === 'weight' || isBaselineReference(comparability);
  return policy.rules
    .filter((rule) => rule.level !== 'info' && isJudgeable(rule) && !metrics.some((pair) => isWatched(rule, pair)))
    .map(({ metric, of, modules }) => ({
      kind: 'idle-rule',
      level: 'inconclusive',
      metric,
      of,
      modules: modules ? [...modules] : null,
    }));
}

/**
 * Metrics whose bounds alone are wider than what a rule lets them move: such a rule could not have seen a change. A metric
 * that certainly moved is a finding already.
 */
export function unclearMetrics({ policy, metrics }: ComparisonContext): Finding[] {
  return effectiveRules(policy)
    .filter(({ level }) => level !== 'info')
    .flatMap((rule) =>
      metrics
        .filter((pair) => isWatched(rule, pair) && judge(rule, pair).length === 0)
        .flatMap((pair) => widths(rule, pair)),
    );
}

function widths(rule: Rule, { metric, of, scope, candidate, baseline }: MetricPair): Finding[] {
  const scale = Math.abs(numberOf(baseline));
  const limit = Math.max(rule.absolute, rule.relative * scale, 0);
  const sides = [
    ['candidate', candidate],
    ['baseline', baseline],
  ] as const;
  return sides
    .filter(([, value]) => typeof value !== 'number' && !(highOf(value) - lowOf(value) <= limit))
    .slice(0, 1)
    .map(([side, value]) => ({
      kind: 'bounds-too-wide',
      level: 'inconclusive',
      metric,
      of,
      scope,
      side,
      width: (highOf(value) - lowOf(value)) / (scale || 1),
      limit: limit / (scale || 1),
    }));
}

function isBaselineReference({ findings }: ComparisonContext['comparability']): boolean {
  return findings.some(({ kind }) => kind === 'baseline-is-reference');
}

function isWatched(rule: Rule, { metric, of, statistic, module }: MetricPair): boolean {
  if (metric !== rule.metric || of !== rule.of) return false;
  if (isModelMetric(metric)) return statistic === 'model';
  return statistic === rule.statistic && (!rule.modules || (module !== null && rule.modules.includes(module)));
}

function judge(rule: Rule, { metric, scope, candidate, baseline, of }: MetricPair): Finding[] {
  // Overlapping bounds are no difference.
  const change = certainDifference(candidate, baseline);
  const size = rule.direction === 'up' ? change : rule.direction === 'down' ? -change : Math.abs(change);
  const [mine, its] = [numberOf(candidate), numberOf(baseline)];
  if (!(size > Math.max(rule.absolute, rule.relative * Math.abs(its), 0))) return [];
  return [
    {
      kind: 'metric-moved',
      level: rule.level,
      metric,
      of,
      scope,
      candidate: mine,
      baseline: its,
      limit: {
        absolute: rule.absolute > 0 || rule.relative === 0 ? rule.absolute : null,
        relative: rule.relative > 0 ? rule.relative : null,
        direction: rule.direction,
      },
    },
  ];
}
