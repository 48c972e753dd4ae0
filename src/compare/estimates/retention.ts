import type { ProbePolicy } from '../../policy/probe-policy.ts';
import { clopperPearson, kornGraubard } from '../../statistics/index.ts';
import type { PairedFact } from '../pairing/paired-item.ts';
import { unitsOf } from '../pairing/sample.ts';
import type { ProbeComparison } from '../rows/probes.ts';

type Retention = NonNullable<ProbeComparison['retention']>;

/** Facts that the baseline knew for certain: such answers do not flip by chance, so a loss is forgetting. */
export function certainFacts(facts: readonly PairedFact[], { retention }: ProbePolicy): PairedFact[] {
  return facts.filter(
    ({ benchmark: { baseline } }) => baseline.correct && (baseline.probability ?? 0) >= retention.certain,
  );
}

/** The share of certain answers that is still correct, with units by their effective number; null without any. */
export function measureRetention(certain: readonly PairedFact[], policy: ProbePolicy): Retention | null {
  if (certain.length === 0) return null;
  const kept = certain.filter(({ benchmark }) => benchmark.candidate.correct).length;
  const row = describeRetention({ certain: certain.length, kept }, policy);
  const units = unitsOf(certain, ({ benchmark }) => benchmark.unit);
  if (units.length === certain.length) return row;
  const interval = kornGraubard(
    units.map((own) => own.map(({ benchmark }) => benchmark.candidate.correct)),
    policy.confidence,
  );
  return { ...row, lower: interval?.lower ?? 0, upper: interval?.upper ?? 1, units: units.length };
}

/** With the exact interval of independent answers. */
export function describeRetention(
  { certain, kept }: Pick<Retention, 'certain' | 'kept'>,
  { confidence }: ProbePolicy,
): Retention {
  const interval = clopperPearson({ successes: kept, n: certain, level: confidence });
  return { value: kept / certain, ...interval, certain, kept };
}
