import { clusterInterval } from '../../statistics/t-interval.ts';
import { tango } from '../../statistics/tango.ts';
import type { ProbePolicy } from '../probe-policy.ts';
import type { Estimate } from './comparison.ts';
import { changeOf, type PairedFact } from './paired-item.ts';

/**
 * Level of the two-sided interval whose lower end is a one-sided bound at `alpha`: harm is excluded with the confidence
 * with which it would be shown.
 */
export function exclusionLevel(policy: ProbePolicy): number {
  return 1 - 2 * policy['twin-accuracy'].alpha;
}

/**
 * The change of the accuracy on twins and its interval. Facts with several twins count as clusters of them; where none
 * changed, clusters have no spread, and as many facts as there are stand in for the twins.
 */
export function changeInterval(facts: readonly PairedFact[], level: number): Estimate {
  const groups = facts.map(({ twins }) => twins.map(changeOf));
  const changes = groups.flat();
  const value = changes.reduce((sum, change) => sum + change, 0) / changes.length;
  const isSingle = groups.every(({ length }) => length === 1);
  const isStill = changes.every((change) => change === 0);
  const lost = changes.filter((change) => change < 0).length;
  const won = changes.filter((change) => change > 0).length;
  const interval = isSingle || isStill ? tango({ lost, won, n: facts.length, level }) : clusterInterval(groups, level);
  return { value, lower: interval?.lower ?? null, upper: interval?.upper ?? null };
}
