import { groupBy } from '@shadow-gate/platform';
import { boundedValue, lowerBound, upperBound } from '@shadow-gate/spectra/bounded';
import type { PolicyRule } from '../../policy/policy.ts';
import type { ComparisonContext } from '../check.ts';
import { type Finding, type FindingOf, SEVERITY } from '../finding.ts';
import type { MetricPair } from '../spectra/metric-pair.ts';
import { boundsWidth, metricRange } from '../spectra/metric-range.ts';
import {
  type AppliedRule,
  appliedRules,
  canFire,
  judgesLowRank,
  reach,
  ruleLimit,
  ruleMovement,
} from './applied-rules.ts';

/** Every change beyond a rule, once, at the worst level of the rules. */
export function movedMetricsCheck(context: ComparisonContext): Finding[] {
  const moved = appliedRules(context).flatMap(({ rule, level, pairs }) =>
    pairs.flatMap((pair) => judge({ ...rule, level }, pair)),
  );
  const changes = groupBy(moved, ({ metric, of, scope, candidate, baseline }) =>
    JSON.stringify([metric, of, scope, candidate, baseline]),
  );
  return [...changes.values()].flatMap((findings) =>
    [...findings].sort((a, b) => SEVERITY.indexOf(a.level) - SEVERITY.indexOf(b.level)).slice(0, 1),
  );
}

/** Nothing to judge, or no room beyond the limit. Somebody relies on a rule of the policy; a default is one of many. */
export function idleRulesCheck(context: ComparisonContext): Finding[] {
  const { comparability } = context;
  // If nothing is comparable, another finding says so. A baseline without an update leaves rules on ΔW idle.
  if (!comparability.weights) return [];
  const isBaselineReference = comparability.findings.some(({ kind }) => kind === 'baseline-is-reference');
  const isJudgeable = ({ of }: PolicyRule) => comparability.deltas || of === 'weight' || isBaselineReference;
  const applied = appliedRules(context).filter(({ rule }) => rule.level !== 'info' && isJudgeable(rule));
  return applied.flatMap((rule) => idle(rule, context));
}

function idle({ rule, isDefault, pairs }: AppliedRule, context: ComparisonContext): Finding[] {
  const { metric, of, modules = null } = rule;
  if (pairs.length === 0) {
    const cause = { kind: 'nothing' } as const;
    return isDefault ? [] : [{ kind: 'idle-rule', level: 'inconclusive', metric, of, modules, cause, isDefault }];
  }
  const stuck = pairs.filter((pair) => !canFire(rule, pair));
  const [first] = stuck;
  if (first === undefined) return [];
  const isNothingJudged = stuck.length === pairs.length && (!isDefault || !judgesLowRank(context));
  const level = isNothingJudged ? 'inconclusive' : 'info';
  const cause = boundOf(rule, first);
  return [{ kind: 'idle-rule', level, metric, of, modules: modulesOf(stuck), cause, isDefault }];
}

function modulesOf(pairs: readonly MetricPair[]): string[] | null {
  const modules = new Set(pairs.flatMap(({ module }) => module ?? []));
  return modules.size === 0 ? null : [...modules];
}

function boundOf({ direction }: PolicyRule, { metric, baseline }: MetricPair): FindingOf<'idle-rule'>['cause'] {
  const { least, most } = metricRange(metric);
  const value = boundedValue(baseline);
  const isLow = direction === 'down' || (direction === 'any' && value - least < most - value);
  const bound = isLow ? least : most;
  // A baseline without finite bounds leaves no room to move.
  if (!Number.isFinite(bound)) return { kind: 'nothing' };
  return { kind: 'at-bound', baseline: value, bound, side: isLow ? 'lowest' : 'highest' };
}

/** Metrics with bounds wider than the limit of their rule, unless they certainly moved, or certainly did not. */
export function unclearMetricsCheck(context: ComparisonContext): Finding[] {
  return appliedRules(context)
    .filter(({ rule }) => rule.level !== 'info')
    .flatMap(({ rule, pairs }) =>
      pairs
        .filter((pair) => judge(rule, pair).length === 0 && reach(rule, pair) > ruleLimit(rule, pair))
        .flatMap((pair) => widths(rule, pair)),
    );
}

function widths(rule: PolicyRule, pair: MetricPair): Finding[] {
  const { metric, of, scope, candidate, baseline } = pair;
  const scale = Math.abs(boundedValue(baseline));
  const limit = ruleLimit(rule, pair);
  const sides = [['candidate', candidate] as const, ['baseline', baseline] as const];
  return sides
    .filter(([, value]) => typeof value !== 'number' && !(upperBound(value) - lowerBound(value) <= limit))
    .slice(0, 1)
    .map(([side, value]) => {
      const width = boundsWidth(value, scale);
      return {
        kind: 'bounds-too-wide',
        level: 'inconclusive',
        metric,
        of,
        scope,
        side,
        width,
        limit: limit / (scale || 1),
      };
    });
}

function judge(rule: PolicyRule, pair: MetricPair): FindingOf<'metric-moved'>[] {
  const { metric, scope, candidate, baseline, of } = pair;
  if (!(ruleMovement(rule, pair) > ruleLimit(rule, pair))) return [];
  const limit = {
    absolute: rule.absolute > 0 || rule.relative === 0 ? rule.absolute : null,
    relative: rule.relative > 0 ? rule.relative : null,
    direction: rule.direction,
  };
  const sides = { candidate: boundedValue(candidate), baseline: boundedValue(baseline) };
  return [{ kind: 'metric-moved', level: rule.level, metric, of, scope, ...sides, limit }];
}
