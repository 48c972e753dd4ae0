import type { ProbePolicy } from '../../policy/probe-policy.ts';
import { clopperPearson } from '../../statistics/clopper-pearson.ts';
import type { ProbeComparison } from './comparison.ts';
import type { PairedFact, PairedItem } from './paired-item.ts';

type Retention = NonNullable<ProbeComparison['retention']>;

/** An answer that does not flip by chance. */
export function isCertain({ baseline }: PairedItem, { retention }: ProbePolicy): boolean {
  return baseline.correct && (baseline.probability ?? 0) >= retention.certain;
}

/**
 * The share still correct of the benchmark forms that the baseline answered correctly with a choice probability of at least
 * `certain`. Such answers do not flip by chance, so a loss is forgetting.
 * @returns null if the baseline was certain of none
 */
export function retentionOf(facts: readonly PairedFact[], policy: ProbePolicy): Retention | null {
  const certain = facts.map(({ benchmark }) => benchmark).filter((item) => isCertain(item, policy));
  if (certain.length === 0) return null;
  const kept = certain.filter(({ candidate }) => candidate.correct).length;
  return describeRetention({ certain: certain.length, kept }, policy);
}

/** How many of the certain answers are kept, as a share with its exact interval. */
export function describeRetention(
  { certain, kept }: Pick<Retention, 'certain' | 'kept'>,
  { confidence }: ProbePolicy,
): Retention {
  const interval = clopperPearson({ successes: kept, n: certain, level: confidence });
  return { value: kept / certain, ...interval, certain, kept };
}
