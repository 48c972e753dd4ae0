import type { ProbePolicy } from '../../policy/probe-policy.ts';
import { tango } from '../../statistics/index.ts';
import type { Estimate } from './comparison.ts';
import { countChanges, itemChange, type PairedFact } from './paired-item.ts';

/**
 * Level of the two-sided interval whose lower end is a one-sided bound at `alpha`: harm is excluded with the confidence
 * with which it would be shown.
 */
export function exclusionLevel(policy: ProbePolicy): number {
  return 1 - 2 * policy['twin-accuracy'].alpha;
}

/** The change of the accuracy on twins and its interval. Several twins of one fact count as their effective number. */
export function changeInterval(facts: readonly PairedFact[], level: number): Estimate {
  const twins = facts.flatMap((fact) => fact.twins);
  const { lost, won } = countChanges(twins);
  const worth = 1 / designEffect(facts);
  const interval = tango({ lost: worth * lost, won: worth * won, n: worth * twins.length, level });
  return { value: (won - lost) / twins.length, lower: interval?.lower ?? null, upper: interval?.upper ?? null };
}

/**
 * How much twins of one fact change together: 1 if they do not, their number if they always do (Kish 1965). Computed with
 * one extra fact all of whose twins changed, since few changes carry little information about it, and none carries any.
 */
export function designEffect(facts: readonly PairedFact[]): number {
  const changes = facts.map(({ twins }) => twins.map(itemChange));
  const usual = changes.flat().length / facts.length;
  const apart = changes.flat().filter((change) => change !== 0).length + usual;
  const together = changes.reduce((sum, own) => sum + own.reduce((all, change) => all + change, 0) ** 2, usual ** 2);
  return Math.max(1, together / apart);
}
