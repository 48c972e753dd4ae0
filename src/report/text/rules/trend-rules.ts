import type { Settings } from '../../../compare/applied-policy.ts';
import type { Report } from '../../../compare/report.ts';
import { CHARTS, type Chart } from '../../../compare/trend-schema.ts';
import { formatLimit, formatRatio } from '../numbers.ts';
import { phrase } from '../phrase.ts';
import { type RuleRow, rowOf } from '../rule-row.ts';

const KEYS = { twinAccuracy: 'twin-accuracy', shadowGap: 'shadow-gap', concentration: 'concentration' } as const;

const WORDS: Readonly<Record<Chart, string>> = {
  twinAccuracy: 'Drift of the accuracy on twins',
  shadowGap: 'Drift of the shadow gap',
  concentration: 'Drift of the concentration',
};

/** The cumulative sums over the checks of a history. */
export function trendRows(report: Report, { trend: policy }: Settings): RuleRow[] {
  const last = report.trend?.checks.at(-1);
  return CHARTS.map((chart) => {
    const sum = last?.sums[chart] ?? null;
    return rowOf(report, {
      check: phrase`${WORDS[chart]}`,
      ...{ finding: 'trend', kinds: ['trend'], level: policy[KEYS[chart]] },
      isOwn: (found) => found.kind === 'trend' && found.chart === chart,
      limit: `a cumulative sum of ${formatLimit(policy['decision-interval'])}`,
      missing: sum !== null ? null : report.trend === null ? 'this check has no history' : 'there is no evidence yet',
      value: sum === null ? null : phrase`${formatRatio(sum)}`,
    });
  });
}
