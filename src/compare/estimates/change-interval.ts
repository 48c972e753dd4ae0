import type { ProbePolicy } from '../../policy/probe-policy.ts';
import { clusterInterval, tango } from '../../statistics/index.ts';
import { countSigns, type PairedFact } from '../pairing/paired-item.ts';
import { changesByUnit, sampleOfFacts } from '../pairing/sample.ts';
import type { Estimate } from '../rows/fields.ts';

/** Level whose one-sided lower bound is at `alpha`: harm is excluded as surely as it is shown. */
export function exclusionLevel(policy: ProbePolicy): number {
  return 1 - 2 * policy['twin-accuracy'].alpha;
}

/** Change of the accuracy on twins. Several twins of a unit count as their effective number. */
export function changeInterval(facts: readonly PairedFact[], level: number): Estimate {
  const areShares = facts.some((fact) => fact.twins.some(({ baseline }) => baseline.samples !== undefined));
  return clusteredInterval(changesOf(facts), { areShares, level, effect: designEffect(facts) });
}

function changesOf(facts: readonly PairedFact[]): number[][] {
  return changesByUnit(sampleOfFacts(facts, ({ twins }) => twins));
}

interface ClusteredOptions {
  readonly areShares: boolean;
  readonly level: number;
}

/** Tango's interval for single answers, counted as their effective number; Student's for shares of samples. */
function clusteredInterval(
  clusters: readonly (readonly number[])[],
  { areShares, level, effect }: ClusteredOptions & { readonly effect: number },
): Estimate {
  if (areShares) return sharesInterval(clusters, level);
  const changes = clusters.flat();
  const { lost, won } = countSigns(changes);
  const worth = 1 / effect;
  const interval = tango({ lost: worth * lost, won: worth * won, n: worth * changes.length, level });
  return { value: (won - lost) / changes.length, lower: interval?.lower ?? null, upper: interval?.upper ?? null };
}

/**
 * Interval of the mean change of items whose answers are right in part: Student's over clusters. Where few of them
 * changed, it would be too narrow: in each direction it reaches at least ln(2/(1 − level)) ÷ n, the bound for n
 * clusters of which none changed (the rule of three; Hanley & Lippman-Hand 1983).
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

/** Interval of the mean change of documents, which depend on each other within a cluster. */
export function meanChangeInterval(clusters: readonly (readonly number[])[], options: ClusteredOptions): Estimate {
  return clusteredInterval(clusters, { ...options, effect: effectOf(clusters, usualMember(clusters)) });
}

/**
 * How much twins of one fact change together: 1 if they do not, their number if they always do (Kish 1965). Computed
 * with one extra fact all of whose twins changed, since few changes carry little information. Passages count like
 * facts, with an extra one of the usual size: among passages of different sizes, the large ones count.
 */
export function designEffect(facts: readonly PairedFact[]): number {
  const clusters = changesOf(facts);
  const areFacts = clusters.length === facts.length;
  return effectOf(clusters, areFacts ? clusters.flat().length / facts.length : usualMember(clusters));
}

/** The size of the cluster of a member that is drawn at random: Σm² ÷ Σm. */
function usualMember(clusters: readonly (readonly number[])[]): number {
  return clusters.reduce((sum, { length }) => sum + length ** 2, 0) / clusters.flat().length;
}

/** @param usual size of the extra cluster */
function effectOf(clusters: readonly (readonly number[])[], usual: number): number {
  const apart = clusters.flat().filter((change) => change !== 0).length + usual;
  const together = clusters.reduce((sum, own) => sum + own.reduce((all, change) => all + change, 0) ** 2, usual ** 2);
  return Math.max(1, together / apart);
}
