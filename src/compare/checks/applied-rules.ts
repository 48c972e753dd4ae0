import { boundedValue, certainDifference, lowerBound, upperBound } from '@shadow-gate/spectra/bounded';
import { isModelMetric } from '../../policy/metrics.ts';
import { effectiveRules, LOW_RANK_RULES, lowRankRules, type Policy, type PolicyRule } from '../../policy/policy.ts';
import type { ComparisonContext } from '../check.ts';
import { isBehaviorJudged } from '../probes/enough-facts.ts';
import type { ProbePairing } from '../probes/pair-probes.ts';
import type { CalibrationReport } from '../rows/calibration.ts';
import type { AppliedPolicy, ReportedRule } from '../rows/spectra.ts';
import type { MetricPair } from '../spectra/metric-pair.ts';
import { metricRange } from '../spectra/metric-range.ts';
import { placeName } from '../spectra/place.ts';

export interface AppliedRule {
  readonly rule: PolicyRule;
  readonly isDefault: boolean;
  readonly level: PolicyRule['level'];
  readonly pairs: readonly MetricPair[];
}

interface Rules {
  readonly policy: Policy;
  readonly metrics: readonly MetricPair[];
  readonly calibration: CalibrationReport | null;
  readonly probes: ProbePairing;
}

/**
 * The rules of the policy, plus the defaults; rules for low-rank updates judge nothing else. Numbers that known-good
 * checkpoints judge are not judged by default rules that warn. Default rules that fail still fail beyond the limit of
 * the calibration, and warn within it: one known-good checkpoint that exploded must not hide another.
 */
export function appliedRules({ policy, metrics, calibration, probes }: Rules): AppliedRule[] {
  const outcomes = calibratedOutcomes(calibration, policy);
  const apply = (rule: PolicyRule, pairs: readonly MetricPair[]): AppliedRule[] => {
    const watched = pairs.filter((pair) => isWatched(rule, pair));
    if (policy.rules.includes(rule)) return [{ rule, isDefault: false, level: rule.level, pairs: watched }];
    const outcomeOf = ({ metric, of, statistic, scope }: MetricPair) => {
      const isCalibrated = of === 'delta' && (statistic === 'model' || statistic === 'median');
      if (!isCalibrated || scope.kind === 'tensor') return undefined;
      return outcomes.get(outcomeKey(metric, scope.kind === 'model' ? 'model' : scope.name));
    };
    const others = watched.filter((pair) =>
      rule.level === 'fail' ? outcomeOf(pair) !== 'within' : outcomeOf(pair) === undefined,
    );
    const within = rule.level === 'fail' ? watched.filter((pair) => outcomeOf(pair) === 'within') : [];
    // Concentration depends on learning rate, steps and seed more than on data: without a calibration, it is only
    // information if probes judge the model. The size of an update shows divergence, and stays a warning.
    const isInformation = rule.metric !== 'frobeniusNorm' && isBehaviorJudged({ policy, probes });
    const level = isInformation ? 'info' : rule.level;
    return [
      ...(within.length > 0 && others.length === 0 ? [] : [{ rule, isDefault: true, level, pairs: others }]),
      ...(within.length > 0 ? [{ rule, isDefault: true, level: 'warn' as const, pairs: within }] : []),
    ];
  };
  const lowRank = metrics.filter((pair) => pair.isLowRank);
  return [
    ...effectiveRules(policy).flatMap((rule) => apply(rule, metrics)),
    ...lowRankRules(policy).flatMap((rule) => apply(rule, lowRank)),
  ];
}

type Outcomes = ReadonlyMap<string, 'within' | 'beyond'>;

/** Empty if calibration is only information. */
function calibratedOutcomes(calibration: CalibrationReport | null, policy: Policy): Outcomes {
  const outcomes = new Map<string, 'within' | 'beyond'>();
  if (policy.calibration.level === 'info') return outcomes;
  for (const metric of calibration?.metrics ?? []) {
    const outcome = metric.judged?.outcome;
    if (outcome === 'within' || outcome === 'beyond') {
      outcomes.set(outcomeKey(metric.metric, placeName(metric)), outcome);
    }
  }
  return outcomes;
}

const outcomeKey = (metric: string, place: string): string => JSON.stringify([metric, place]);

export function judgesLowRank(rules: Rules): boolean {
  const outcomes = calibratedOutcomes(rules.calibration, rules.policy);
  const isCalibrated = rules.metrics.some(({ metric, isLowRank, scope }) => {
    if (!isLowRank || scope.kind !== 'modules') return false;
    return outcomes.has(outcomeKey(metric, scope.name));
  });
  if (isCalibrated) return true;
  return appliedRules(rules).some(
    ({ rule, pairs }) => rule.level !== 'info' && pairs.some((pair) => pair.isLowRank && canFire(rule, pair)),
  );
}

function isWatched(rule: PolicyRule, { metric, of, statistic, module }: MetricPair): boolean {
  if (metric !== rule.metric || of !== rule.of) return false;
  if (isModelMetric(metric)) return statistic === 'model';
  return statistic === rule.statistic && (!rule.modules || (module !== null && rule.modules.includes(module)));
}

/** Certain movement in the direction of the rule: overlapping bounds are no difference. */
export function ruleMovement({ direction }: PolicyRule, { candidate, baseline }: MetricPair) {
  const change = certainDifference(candidate, baseline);
  return direction === 'up' ? change : direction === 'down' ? -change : Math.abs(change);
}

export function reach({ direction }: PolicyRule, { candidate, baseline }: MetricPair): number {
  const [rise, fall] = [upperBound(candidate) - lowerBound(baseline), upperBound(baseline) - lowerBound(candidate)];
  return direction === 'up' ? rise : direction === 'down' ? fall : Math.max(rise, fall);
}

export function ruleLimit({ absolute, relative }: PolicyRule, { baseline }: Pick<MetricPair, 'baseline'>): number {
  return Math.max(absolute, relative * Math.abs(boundedValue(baseline)), 0);
}

/** Could any candidate go beyond the limit? A stable rank of 1.1 cannot fall by 20%, since none is below 1. */
export function canFire(rule: PolicyRule, pair: MetricPair): boolean {
  const { least, most } = metricRange(pair.metric);
  const limit = ruleLimit(rule, pair);
  const [fall, rise] = [lowerBound(pair.baseline) - least, most - upperBound(pair.baseline)];
  return (rule.direction !== 'up' && fall > limit) || (rule.direction !== 'down' && rise > limit);
}

export function appliedPolicy(context: ComparisonContext): AppliedPolicy {
  const { rules: _, probes: __, ...settings } = context.policy;
  return { rules: appliedRules(context).map(reported), settings };
}

function reported({ rule, isDefault, level, pairs }: AppliedRule): ReportedRule {
  const [nearest = null] = pairs
    .map((pair) => {
      const { scope, baseline, candidate } = pair;
      const numbers = { baseline: boundedValue(baseline), candidate: boundedValue(candidate) };
      return { scope, ...numbers, movement: ruleMovement(rule, pair), limit: ruleLimit(rule, pair) };
    })
    .sort((a, b) => useOf(b) - useOf(a));
  return {
    ...{ metric: rule.metric, of: rule.of, statistic: rule.statistic, modules: rule.modules ?? null },
    ...{ direction: rule.direction, absolute: rule.absolute, relative: rule.relative, level },
    source: !isDefault ? 'policy' : LOW_RANK_RULES.includes(rule) ? 'low-rank' : 'default',
    judged: pairs.length,
    nearest,
  };
}

/** Share of the limit that a movement uses. With a limit of 0, any movement uses all of it. */
function useOf({ movement: moved, limit }: { readonly movement: number; readonly limit: number }): number {
  if (limit > 0) return moved / limit;
  return moved > 0 ? Number.MAX_VALUE : 0;
}
