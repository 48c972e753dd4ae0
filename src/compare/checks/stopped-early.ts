import type { ComparisonContext } from '../context.ts';
import { type Finding, findingTraits } from '../finding.ts';
import { settleContext } from '../sequential/settle-answers.ts';

/**
 * What the probes show, where the candidate was not asked everything. That its verdict was settled is not taken from the
 * measurement: the answers have to settle it, here and under this policy. A baseline has all answers.
 * @param findings of the probes
 */
export function withStops(context: ComparisonContext, findings: readonly Finding[]): Finding[] {
  const { probes } = context;
  if (probes.kind !== 'paired' && probes.kind !== 'alone') return [...findings];
  const own = stopped(context, 'candidate');
  const theirs = stopped(context, 'baseline');
  if (own.length === 0) return [...findings, ...theirs];
  // A time limit is no claim that the rest does not matter.
  if (probes.probes.budgetSeconds !== null && probes.probes.sequential?.settled === null)
    return [...findings, ...theirs];
  const settled = settleContext(context);
  if (settled === 'pass') return [...findings.filter((finding) => !findingTraits(finding.kind).isOfFew), ...theirs];
  return [...findings, ...(settled === 'fail' ? [] : own), ...theirs];
}

function stopped({ candidate, baseline }: ComparisonContext, side: 'candidate' | 'baseline'): Finding[] {
  const probes = (side === 'candidate' ? candidate : baseline)?.probes;
  if (probes?.status !== 'measured' || probes.sequential === undefined) return [];
  const { blocks, of, settled } = probes.sequential;
  // A time limit leaves out facts of a baseline as well, and they are not compared.
  if (side === 'baseline' && settled === null && probes.budgetSeconds !== null) return [];
  return [{ kind: 'stopped-early', level: 'inconclusive', side, blocks, of }];
}
