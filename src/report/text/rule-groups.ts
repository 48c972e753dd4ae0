import type { Report } from '../../compare/report.ts';
import type { RuleGroup } from './rule-row.ts';
import { benchmarkRows } from './rules/benchmark-rules.ts';
import { calibrationRow } from './rules/calibration-rules.ts';
import { metricRuleRow } from './rules/metric-rules.ts';
import { probeRows } from './rules/probe-rules.ts';
import { trendRows } from './rules/trend-rules.ts';
import { behaviorRows, weightRows } from './rules/weight-rules.ts';

/** Every rule of the policy with its limit and how the candidate stands; empty for reports of version 0.2. */
export function ruleGroups(report: Report): RuleGroup[] {
  const { applied, benchmarks } = report;
  if (applied === undefined) return [];
  const { rules, settings } = applied;
  if (benchmarks !== null) return [{ title: 'Benchmarks', rows: benchmarkRows(report, settings) }];
  return [
    { title: 'Probes', rows: probeRows(report, settings) },
    {
      title: 'Spectra',
      rows: [...rules.map(metricRuleRow), calibrationRow(report, settings), ...weightRows(report, settings)],
    },
    { title: 'How the model is used', rows: behaviorRows(report, settings) },
    { title: 'Drift over scheduled checks', rows: trendRows(report, settings) },
  ];
}

/** `10 rules: 8 within their limits, 1 beyond, 1 with nothing to judge`. */
export function groupSummary({ rows }: RuleGroup): string {
  const within = rows.filter(({ mark }) => mark === 'pass').length;
  const idle = rows.filter(({ mark }) => mark === null).length;
  const noted = rows.filter(({ mark }) => mark === 'info').length;
  const beyond = rows.length - within - idle - noted;
  const parts = [
    ...(beyond > 0 ? [`${beyond} beyond`] : []),
    ...(noted > 0 ? [`${noted} with a note`] : []),
    ...(within > 0 ? [`${within} within`] : []),
    ...(idle > 0 ? [`${idle} with nothing to judge`] : []),
  ];
  return parts.join(', ');
}
