import { isModelMetric } from '../../policy/metrics.ts';
import type { Rule } from '../../policy/policy.ts';
import { certainDifference, numberOf } from '../../statistics/bounded.ts';
import type { Reason } from '../finding.ts';
import type { MetricPair } from '../metric-pair.ts';

/** Hold the observations against the rules: a reason for every change that goes further than allowed. */
export function applyRules(rules: readonly Rule[], observations: readonly MetricPair[]): Reason[] {
  return rules.flatMap((rule) =>
    observations
      .filter((observation) => isWatched(rule, observation))
      .flatMap((observation) => judge(rule, observation)),
  );
}

/** Rules that could warn or fail and had nothing to look at: that is no pass. */
export function findIdleRules(rules: readonly Rule[], observations: readonly MetricPair[]): Reason[] {
  return rules
    .filter((rule) => rule.level !== 'info' && !observations.some((observation) => isWatched(rule, observation)))
    .map(({ metric, of, modules }) => ({
      level: 'inconclusive',
      rule: 'idle-rule',
      metric,
      of,
      place: modules?.join(', ') ?? 'model',
      candidate: null,
      baseline: null,
      tolerance: null,
      message: `the rule on ${metric} of ${nameOf(of)} had nothing to judge: candidate and baseline do not both have it`,
    }));
}

function nameOf(of: Rule['of']): string {
  return of === 'delta' ? 'ΔW' : 'W';
}

function isWatched(rule: Rule, { metric, of, statistic, module }: MetricPair): boolean {
  if (metric !== rule.metric || of !== rule.of) return false;
  if (isModelMetric(metric)) return statistic === 'model';
  return statistic === rule.statistic && (!rule.modules || (module !== null && rule.modules.includes(module)));
}

function judge(rule: Rule, { metric, place, candidate, baseline, of }: MetricPair): Reason[] {
  // What the bounds leave open is no difference.
  const change = certainDifference(candidate, baseline);
  const size = rule.direction === 'up' ? change : rule.direction === 'down' ? -change : Math.abs(change);
  const [mine, its] = [numberOf(candidate), numberOf(baseline)];
  if (!(size > Math.max(rule.absolute, rule.relative * Math.abs(its), 0))) return [];
  const tolerance: Record<string, number> = {};
  if (rule.absolute > 0 || rule.relative === 0) tolerance.absolute = rule.absolute;
  if (rule.relative > 0) tolerance.relative = rule.relative;
  return [
    {
      level: rule.level,
      rule: metric,
      metric,
      of,
      place,
      candidate: mine,
      baseline: its,
      tolerance,
      message: `${metric} of ${nameOf(of)} ${describeChange(mine, its)}, allowed ${describeTolerance(rule)}`,
    },
  ];
}

function describeChange(candidate: number, baseline: number): string {
  const verb = candidate > baseline ? 'rose' : 'fell';
  const share = baseline === 0 ? '' : ` (${percent((candidate - baseline) / Math.abs(baseline), true)})`;
  // Two numbers that round alike would read as no change.
  const digits = [3, 5, 8].find((count) => short(baseline, count) !== short(candidate, count)) ?? 10;
  return `${verb} from ${short(baseline, digits)} to ${short(candidate, digits)}${share}`;
}

function describeTolerance({ absolute, relative, direction }: Rule): string {
  const sign = direction === 'up' ? '+' : direction === 'down' ? '−' : '±';
  const parts = [
    ...(relative > 0 ? [`${sign}${percent(relative)}`] : []),
    ...(absolute > 0 || relative === 0 ? [`${sign}${short(absolute)}`] : []),
  ];
  return parts.join(' or ');
}

/** Three significant digits, as the tables show. */
export function short(value: number, digits = 3): string {
  const isWhole = Number.isInteger(value) || Math.abs(value) >= 10 ** digits;
  return isWhole ? String(Math.round(value)) : value.toPrecision(digits);
}

function percent(share: number, signed = false): string {
  const text = `${Math.abs(share * 100)
    .toFixed(1)
    .replace(/\.0$/, '')} %`;
  return signed ? `${share < 0 ? '−' : '+'}${text}` : text;
}
