import { BUILTIN } from '../../probes/suite.ts';
import type { ComparisonContext } from '../context.ts';
import type { Finding } from '../finding.ts';
import { shadowDelta } from './shadow-delta.ts';

/**
 * A gain on a benchmark of the team's own that only format twins confirm, or none: they ask for the same answer, so that a
 * learned answer passes them too. The questions of the built-in suite are drawn anew, so nobody can have learned them.
 */
export function gainNotShown(context: ComparisonContext): Finding[] {
  const { probes, policy } = context;
  if (probes.kind !== 'paired') return [];
  const { 'minimum-gain': least, 'format-only': level } = policy['shadow-delta'];
  const judged = shadowDelta(context).flatMap((finding) => (finding.kind === 'shadow-delta' ? [finding.suite] : []));
  return probes.evaluation.gains
    .filter(({ suite }) => suite !== BUILTIN && !judged.includes(suite))
    .filter(({ decidedBy }) => decidedBy.every((kind) => kind === 'format'))
    .filter(({ gain }) => gain.value > least && gain.lower !== null && gain.lower > 0)
    .map(({ suite, facts, benchmark, gain, decidedBy }) => ({
      kind: 'gain-not-shown',
      // What no twin could judge is not judged; `info` turns that off as well.
      level: decidedBy.length > 0 || level !== 'warn' ? level : 'inconclusive',
      suite,
      facts,
      baseline: benchmark.baseline,
      candidate: benchmark.candidate,
      gain,
      limit: least,
      hasFormat: decidedBy.length > 0,
    }));
}
