import type { ReportedRule } from '../../../compare/applied-policy.ts';
import { isRelative, metricPart, ofName } from '../metric-names.ts';
import {
  formatCount,
  formatDifference,
  formatLimit,
  formatNumber,
  formatPair,
  formatPercentLimit,
  formatRelative,
} from '../numbers.ts';
import { name, type Phrase, phrase } from '../phrase.ts';
import type { RuleRow } from '../rule-row.ts';

const SOURCES: Readonly<Record<ReportedRule['source'], string>> = {
  policy: '',
  default: ' (default)',
  'low-rank': ' (default for low-rank updates)',
};

const STATISTICS: Readonly<Record<ReportedRule['statistic'], string>> = {
  median: 'median of each module type',
  weightedMean: 'weighted mean of each module type',
  each: 'each matrix',
};

/** A rule on a metric, with the number that came nearest to its limit. */
export function metricRuleRow(rule: ReportedRule): RuleRow {
  const { metric, of, source, level, nearest } = rule;
  const check = phrase`${metricPart(metric)} of ${ofName(of)}${placeOf(rule)}${SOURCES[source]}`;
  const row = { check, finding: 'metric-moved', limit: limitOf(rule), level } as const;
  if (nearest === null) return { ...row, mark: null, stands: phrase`there was nothing to compare` };
  const isBeyond = nearest.movement > nearest.limit;
  return { ...row, mark: isBeyond ? level : 'pass', stands: standsOf(rule, nearest) };
}

const MODEL_WIDE: readonly string[] = ['mlpAttentionRatio', 'mlpTopEnergy', 'attentionTopEnergy'];

function placeOf({ metric, statistic, modules }: ReportedRule): Phrase {
  if (MODEL_WIDE.includes(metric)) return [];
  const where =
    modules === null ? [] : phrase` in ${modules.flatMap((module, i) => [i === 0 ? '' : ', ', name(module)])}`;
  return phrase`, ${STATISTICS[statistic]}${where}`;
}

/** `at most +8%`: a change is beyond it if it is larger than both of its parts. */
function limitOf({ absolute, relative, direction }: ReportedRule): string {
  const sign = direction === 'up' ? '+' : direction === 'down' ? '−' : '±';
  const parts = [
    ...(relative > 0 ? [`${sign}${formatPercentLimit(relative)}`] : []),
    ...(absolute > 0 ? [`${sign}${formatLimit(absolute)}`] : []),
  ];
  return parts.length === 0 ? 'no change' : `at most ${parts.join(' or ')}`;
}

function standsOf({ metric, judged }: ReportedRule, nearest: NonNullable<ReportedRule['nearest']>): Phrase {
  const { baseline, candidate, scope } = nearest;
  const [before, after] = formatPair(baseline, candidate);
  const change = candidate - baseline;
  const relative = formatRelative(baseline === 0 ? null : change / Math.abs(baseline));
  const moved = isRelative(metric) && relative !== '' ? relative : formatDifference(change);
  const values = phrase`${baseline === candidate ? formatNumber(candidate) : `${before} → ${after}`} (${moved})`;
  if (scope.kind === 'model') return values;
  const others = judged > 1 ? `, nearest of ${formatCount(judged, 'number')}` : '';
  return phrase`${name(scope.name)} ${values}${others}`;
}
