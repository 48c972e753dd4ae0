import type { Settings } from '../../../compare/applied-policy.ts';
import type { Report } from '../../../compare/report.ts';
import { formatLimit, formatPointsLimit } from '../numbers.ts';
import { phrase } from '../phrase.ts';
import { type RuleRow, rowOf } from '../rule-row.ts';

/** The checks of benchmarks from logs of an evaluation. */
export function benchmarkRows(report: Report, policy: Settings): RuleRow[] {
  const twins = policy['twin-accuracy'];
  const delta = policy['shadow-delta'];
  const missing = report.benchmarks?.length ? null : 'nothing could be compared';
  return [
    rowOf(report, {
      check: phrase`Accuracy, all and by task`,
      ...{ finding: 'benchmark-loss', kinds: ['benchmark-loss'], level: twins.level, missing },
      limit: `a loss of at most ${formatPointsLimit(twins.drop)}, ${formatPointsLimit(twins['capability-drop'])} in a task (α = ${formatLimit(twins.alpha)})`,
    }),
    rowOf(report, {
      check: phrase`A loss is ruled out`,
      ...{ finding: 'benchmark-unclear', kinds: ['benchmark-unclear', 'benchmark-not-judged'] },
      ...{ limit: `one of ${formatPointsLimit(twins.margin)} can be seen`, level: 'inconclusive', missing },
    }),
    rowOf(report, {
      check: phrase`A gain is confirmed by twins`,
      ...{ finding: 'benchmark-gain-not-shown', kinds: ['benchmark-gain-not-shown'], missing },
      limit: `a gain of less than ${formatPointsLimit(delta['minimum-gain'])}: logs have no twins`,
      level: delta['format-only'] === 'warn' ? 'inconclusive' : delta['format-only'],
    }),
    rowOf(report, {
      check: phrase`Both sides were asked alike`,
      ...{ finding: 'benchmark-not-comparable', kinds: ['benchmark-not-comparable', 'logs-of-one-side'] },
      ...{ limit: 'no difference', level: 'inconclusive', missing: null },
    }),
  ];
}
