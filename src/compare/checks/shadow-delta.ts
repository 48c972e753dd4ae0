import type { ComparisonContext } from '../context.ts';
import type { Finding } from '../finding.ts';

/**
 * A gain in benchmark form that does not carry over. A delta above the margin alone is no harm: healthy runs on narrow
 * formats have one. Together with a low transfer it is.
 */
export function shadowDelta({ probes, policy }: ComparisonContext): Finding[] {
  if (probes.kind !== 'paired') return [];
  const { delta, transfer } = probes.evaluation.shadow;
  const rule = policy['shadow-delta'];
  if (!delta || !transfer || delta.lower === null || delta.lower <= rule.margin) return [];
  const fails = transfer.upper !== null && transfer.upper < rule['transfer-fail'];
  const warns = transfer.value < rule['transfer-warn'];
  if (!fails && !warns) return [];
  const { value, lower, upper } = delta;
  return [
    {
      kind: 'shadow-delta',
      level: fails || rule.level === 'info' ? rule.level : 'warn',
      delta: { value, lower, upper },
      transfer,
      margin: rule.margin,
      transferLimit: fails ? rule['transfer-fail'] : rule['transfer-warn'],
    },
  ];
}
