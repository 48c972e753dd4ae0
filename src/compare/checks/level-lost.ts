import type { ProbePolicy } from '../../policy/probe-policy.ts';
import type { ComparisonContext } from '../context.ts';
import type { Finding } from '../finding.ts';

/**
 * Share of the policy's `alpha` for this look at answers that other tests have looked at. Of 400 simulated pairs of equals at
 * the edge of guessing, where levels are lost by luck, none lost one; with all of `alpha`, 1% did
 * (test/compare/probes/levels.slow.test.ts).
 */
const SHARE_OF_ALPHA = 0.2;

/** The level of the tests of all families together. */
export function alphaOfLevels(policy: ProbePolicy): number {
  return SHARE_OF_ALPHA * policy['twin-accuracy'].alpha;
}

/**
 * A family in which the candidate no longer reaches the level that the baseline reached, and lost answers at that level by an
 * exact paired test. Without the test a family at the edge of guessing would fall by luck alone.
 */
export function levelLost({ probes, policy }: ComparisonContext): Finding[] {
  if (probes.kind !== 'paired') return [];
  const { level } = policy['twin-accuracy'];
  return probes.evaluation.levels.flatMap(({ family, count, reached, p, lost, won }): Finding[] => {
    const { baseline, candidate } = reached;
    if (baseline === null || candidate >= baseline || p === null || p >= alphaOfLevels(policy)) return [];
    return [{ kind: 'level-lost', level, family, count, candidate, baseline, lost, won, p }];
  });
}
