import type { ProbePolicy } from '../../policy/probe-policy.ts';
import { clopperPearson } from '../../statistics/clopper-pearson.ts';
import type { ProbeComparison } from './comparison.ts';
import type { PairedFact } from './paired-item.ts';

type Retention = NonNullable<ProbeComparison['retention']>;

/**
 * The share still correct of the benchmark forms that the baseline answered correctly with a choice probability of at least
 * `certain`. Such answers do not flip by chance, so a loss is forgetting.
 * @returns null if the baseline was certain of none
 */
export function retentionOf(facts: readonly PairedFact[], { confidence, retention }: ProbePolicy): Retention | null {
  const certain = facts
    .map(({ benchmark }) => benchmark)
    .filter(({ baseline }) => baseline.correct && (baseline.probability ?? 0) >= retention.certain);
  if (certain.length === 0) return null;
  const kept = certain.filter(({ candidate }) => candidate.correct).length;
  const interval = clopperPearson({ successes: kept, n: certain.length, level: confidence });
  return { value: kept / certain.length, ...interval, certain: certain.length, kept };
}
