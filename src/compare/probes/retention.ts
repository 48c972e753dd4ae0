import type { ProbePolicy } from '../../policy/probe-policy.ts';
import { clopperPearson } from '../../statistics/index.ts';
import type { ProbeComparison } from './comparison.ts';
import type { PairedFact } from './paired-item.ts';

type Retention = NonNullable<ProbeComparison['retention']>;

/**
 * The facts whose benchmark form the baseline answered correctly with a choice probability of at least `certain`. Such answers do not
 * flip by chance, so a loss is forgetting.
 */
export function certainFacts(facts: readonly PairedFact[], { retention }: ProbePolicy): PairedFact[] {
  return facts.filter(
    ({ benchmark: { baseline } }) => baseline.correct && (baseline.probability ?? 0) >= retention.certain,
  );
}

/**
 * The share of certain answers that is still correct.
 * @returns null if the baseline was certain of none
 */
export function measureRetention(certain: readonly PairedFact[], policy: ProbePolicy): Retention | null {
  if (certain.length === 0) return null;
  const kept = certain.filter(({ benchmark }) => benchmark.candidate.correct).length;
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
