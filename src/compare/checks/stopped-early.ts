import type { ComparisonContext } from '../context.ts';
import type { Finding } from '../finding.ts';

/**
 * The candidate was not asked everything. That its verdict was settled is not taken from the measurement: the answers
 * have to settle it, here and under this policy. A baseline has all answers.
 */
export function stoppedEarlyCheck(context: ComparisonContext): Finding[] {
  const { probes, settled } = context;
  if (probes.kind !== 'paired' && probes.kind !== 'alone') return [];
  const isOpen = settled === null && !hasTimeLimit(context);
  return [...(isOpen ? stopOf(context, 'candidate') : []), ...stopOf(context, 'baseline')];
}

/** Do the answers settle a pass? That says how little harm there can be, in what was not asked as well. */
export function isSettledPass(context: ComparisonContext): boolean {
  return context.settled === 'pass' && !hasTimeLimit(context);
}

/** A time limit is no claim that the rest does not matter. */
function hasTimeLimit({ probes }: ComparisonContext): boolean {
  if (probes.kind !== 'paired' && probes.kind !== 'alone') return false;
  const { budgetSeconds, sequential } = probes.probes;
  return budgetSeconds !== null && sequential?.settled === null;
}

function stopOf({ candidate, baseline }: ComparisonContext, side: 'candidate' | 'baseline'): Finding[] {
  const probes = (side === 'candidate' ? candidate : baseline)?.probes;
  if (probes?.status !== 'measured' || probes.sequential === undefined) return [];
  const { blocks, of, settled } = probes.sequential;
  // A time limit leaves out facts of a baseline as well, and they are not compared.
  if (side === 'baseline' && settled === null && probes.budgetSeconds !== null) return [];
  return [{ kind: 'stopped-early', level: 'inconclusive', side, blocks, of }];
}
