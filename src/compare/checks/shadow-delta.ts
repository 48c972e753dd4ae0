import type { ComparisonContext } from '../context.ts';
import type { Finding } from '../finding.ts';
import type { KindView } from '../probes/kinds.ts';

/**
 * A gain in benchmark form that does not carry over, by suite and kind of twin. A delta above the margin alone is no harm:
 * healthy runs on narrow formats have one, and so have twins of another difficulty. Together with a low transfer it is. Several
 * decisions share one error rate.
 */
export function shadowDelta({ probes, policy }: ComparisonContext): Finding[] {
  if (probes.kind !== 'paired') return [];
  const deciding = probes.evaluation.kinds.filter(({ decides }) => decides);
  const level = 1 - (1 - policy.confidence) / Math.max(1, deciding.length);
  const rule = policy['shadow-delta'];
  return deciding.flatMap(({ row, delta: shadow }: KindView): Finding[] => {
    const delta = shadow?.interval(level);
    if (!shadow?.transfer || !delta || delta.lower === null || delta.lower <= 0) return [];
    const transfer = shadow.transfer.interval(level);
    const below = (limit: number) => transfer.upper !== null && transfer.upper < limit;
    const fails = delta.lower > rule.margin && below(rule['transfer-fail']);
    // A transfer that may well be 1 is no sign of anything by itself. But where the delta is above 0 and both values are beyond
    // their limits, intervals that are too wide for a failure are no reason to pass.
    const likely = delta.value > rule.margin && transfer.value < rule['transfer-fail'];
    const warns = likely || (delta.lower > rule.margin && transfer.value < rule['transfer-warn'] && below(1));
    if (!fails && !warns) return [];
    return [
      {
        kind: 'shadow-delta',
        level: fails || rule.level === 'info' ? rule.level : 'warn',
        suite: row.suite,
        twins: row.kind,
        group: row.group,
        delta,
        transfer,
        margin: rule.margin,
        transferLimit: fails ? rule['transfer-fail'] : rule['transfer-warn'],
      },
    ];
  });
}
