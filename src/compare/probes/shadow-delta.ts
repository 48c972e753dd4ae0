import { groupBy } from '../../platform/group-by.ts';
import type { ProbePolicy } from '../../policy/probe-policy.ts';
import { tQuantile } from '../../statistics/distributions.ts';
import { fieller } from '../../statistics/fieller.ts';
import { minimumDetectableMean } from '../../statistics/power.ts';
import { clusterInterval, meanInterval } from '../../statistics/t-interval.ts';
import type { ProbeComparison, ShadowRow } from './comparison.ts';
import type { FamilyView } from './families.ts';
import { changeOf, type PairedFact, twinChangeOf } from './paired-item.ts';

export interface ShadowDelta {
  /** Null where there are fewer than two facts. */
  readonly delta: NonNullable<ShadowRow['delta']> | null;
  readonly transfer: ProbeComparison['transfer'];
  readonly overTemplates: ProbeComparison['overTemplates'];
}

/** The power with which an effect of the size of the MDE is detected. */
const POWER = 0.8;

/**
 * The paired difference of differences, Δbenchmark − Δtwin: for each fact, the change of its benchmark form minus the mean
 * change of its twins. The interval is Student's over facts, since the templates are fixed by the design of the suite. Its
 * standard error is at least that of one fact that differs from the others: facts that are all alike are not certainty.
 */
export function shadowDeltaOf(facts: readonly PairedFact[], policy: ProbePolicy): ShadowDelta {
  const { confidence, 'shadow-delta': rule } = policy;
  const gains = facts.map(({ benchmark }) => changeOf(benchmark));
  const interval = meanInterval(
    facts.map((fact, i) => (gains[i] ?? 0) - twinChangeOf(fact)),
    confidence,
  );
  if (!interval) return { delta: null, transfer: null, overTemplates: null };
  const { mean, df } = interval;
  const standardError = Math.max(interval.standardError, 1 / facts.length);
  const half = tQuantile((1 + confidence) / 2, df) * standardError;
  const mde = minimumDetectableMean({ standardError, margin: rule.margin, level: confidence, power: POWER });
  const gain = gains.reduce((sum, value) => sum + value, 0) / gains.length;
  return {
    delta: { value: mean, lower: mean - half, upper: mean + half, facts: facts.length, mde },
    transfer: gain >= rule['minimum-gain'] ? transferOf(facts, confidence) : null,
    overTemplates: overTemplates(facts, confidence),
  };
}

/** Only the facts of families that can show a gain of either form. */
export function factsForDelta(views: readonly FamilyView[]): PairedFact[] {
  return views.filter(({ showsDelta }) => showsDelta).flatMap(({ facts }) => facts);
}

function transferOf(facts: readonly PairedFact[], level: number): ProbeComparison['transfer'] {
  const pairs = facts.map((fact) => ({ numerator: twinChangeOf(fact), denominator: changeOf(fact.benchmark) }));
  const found = fieller(pairs, level);
  if (!found) return null;
  const { ratio, lower, upper } = found;
  // Without a minimum gain in the policy, the gain may be 0.
  if (!Number.isFinite(ratio)) return null;
  const finite = (bound: number) => (Number.isFinite(bound) ? bound : null);
  return { value: ratio, lower: finite(lower), upper: finite(upper) };
}

/** An interval over fewer templates than this is wider than the possible range. */
const MIN_TEMPLATES = 4;

function overTemplates(facts: readonly PairedFact[], level: number): ProbeComparison['overTemplates'] {
  const differences = facts.flatMap(({ benchmark, twins }) =>
    twins.map((twin) => ({ cluster: twin.cluster, difference: changeOf(benchmark) - changeOf(twin) })),
  );
  const groups = [...groupBy(differences, ({ cluster }) => cluster).values()];
  if (groups.length < MIN_TEMPLATES) return null;
  const interval = clusterInterval(
    groups.map((members) => members.map(({ difference }) => difference)),
    level,
  );
  return interval && { value: interval.mean, lower: interval.lower, upper: interval.upper, templates: groups.length };
}
