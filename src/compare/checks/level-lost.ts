import type { ComparisonContext } from '../context.ts';
import type { Finding } from '../finding.ts';

/**
 * A family in which the candidate no longer reaches the level that the baseline reached, and lost answers at that level by an
 * exact paired test. Without the test a family at the edge of guessing would fall by luck alone.
 */
export function levelLost({ probes, policy }: ComparisonContext): Finding[] {
  if (probes.kind !== 'paired') return [];
  const { alpha, level } = policy['twin-accuracy'];
  return probes.evaluation.levels.flatMap(({ family, count, reached, p, lost, won }): Finding[] => {
    const { baseline, candidate } = reached;
    if (baseline === null || candidate >= baseline || p === null || p >= alpha) return [];
    return [{ kind: 'level-lost', level, family, count, candidate, baseline, lost, won, p }];
  });
}
