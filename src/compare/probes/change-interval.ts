import type { ProbePolicy } from '../../policy/probe-policy.ts';
import { clusterInterval, tango } from '../../statistics/index.ts';
import type { Estimate } from './comparison.ts';
import { countChanges, itemChange, type PairedFact, type PairedItem } from './paired-item.ts';

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
  if (twins.some(isSampled))
    return sharesInterval(
      facts.map((fact) => fact.twins.map(itemChange)),
      level,
    );
  const { lost, won } = countChanges(twins);
  const worth = 1 / designEffect(facts);
  const interval = tango({ lost: worth * lost, won: worth * won, n: worth * twins.length, level });
  return { value: (won - lost) / twins.length, lower: interval?.lower ?? null, upper: interval?.upper ?? null };
}

/**
 * Interval of the mean change of items whose answers are right in part: Student's over clusters, such as the twins of a fact. Where few of
 * them changed, it would be as narrow as if no others could: it reaches as far in each direction as would n clusters of which none changed, where a
 * cluster can be lost as a whole (the rule of three; Hanley & Lippman-Hand 1983): ln(2/(1 − level)) ÷ n.
 */
export function sharesInterval(clusters: readonly (readonly number[])[], level: number): Estimate {
  const interval = clusterInterval(clusters, level);
  if (interval === null) {
    const values = clusters.flat();
    return { value: values.reduce((sum, value) => sum + value, 0) / values.length, lower: null, upper: null };
  }
  const { mean, lower, upper, df } = interval;
  const least = Math.log(2 / (1 - level)) / (df + 1);
  return { value: mean, lower: Math.min(lower, mean - least), upper: Math.max(upper, mean + least) };
}

function isSampled({ baseline }: PairedItem): boolean {
  return baseline.samples !== undefined;
}

/** The same of items on their own. */
export function itemsInterval(items: readonly PairedItem[], level: number): Estimate {
  return meanChangeInterval(items.map(itemChange), { areShares: items.some(isSampled), level });
}

/** Interval of the mean of independent changes: Tango's of one answer each (−1, 0 or 1), Student's of shares of samples. */
export function meanChangeInterval(
  changes: readonly number[],
  { areShares, level }: { readonly areShares: boolean; readonly level: number },
): Estimate {
  if (areShares)
    return sharesInterval(
      changes.map((change) => [change]),
      level,
    );
  const count = (sign: number) => changes.filter((change) => Math.sign(change) === sign).length;
  const [lost, won] = [count(-1), count(1)];
  const interval = tango({ lost, won, n: changes.length, level });
  return { value: (won - lost) / changes.length, lower: interval?.lower ?? null, upper: interval?.upper ?? null };
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
