import { groupBy } from '../../platform/group-by.ts';
import type { ProbePolicy } from '../../policy/probe-policy.ts';
import { signTest } from '../../statistics/sign-test.ts';
import { exclusionLevel } from './change-interval.ts';
import type { Both, ProbeComparison, ShadowRow } from './comparison.ts';
import { type FamilyView, viewFamilies } from './families.ts';
import { findFlips } from './flips.ts';
import { type LossTest, testLosses } from './losses.ts';
import { PLANNED_DISCORDANCE, plannedDrop } from './minimum-detectable-drop.ts';
import { accuracy, type PairedAnswers, type PairedFact, type Side } from './paired-item.ts';
import { retentionOf } from './retention.ts';
import { factsForDelta, type ShadowDelta, shadowDeltaOf } from './shadow-delta.ts';
import { type TwinTest, testTwinAccuracy } from './twin-tests.ts';

/** The statistics of paired answers, which the checks judge. */
export interface ProbeEvaluation {
  readonly comparison: ProbeComparison;
  readonly views: readonly FamilyView[];
  /** First all twins, then each capability; empty where no family can show a drop. */
  readonly twinTests: readonly TwinTest[];
  readonly shadow: ShadowDelta;
  /** Tests over all facts, first of the benchmark forms, then of the twins. */
  readonly losses: readonly LossTest[];
}

/** What there is beside the facts that are judged. */
export type FurtherAnswers = Partial<Omit<PairedAnswers, 'facts'>>;

/** Evaluate the answers of candidate and baseline to the same items. Pure. */
export function evaluateProbes(
  facts: readonly PairedFact[],
  policy: ProbePolicy,
  { labels = [] }: FurtherAnswers = {},
): ProbeEvaluation {
  const views = viewFamilies(facts, policy);
  const twinTests = testTwinAccuracy(views, policy);
  const forDelta = factsForDelta(views);
  const shadow = shadowDeltaOf(forDelta, policy);
  const known = views.filter(({ showsRetention }) => showsRetention).flatMap((view) => view.facts);
  const rowOf = (capability: string | null): ShadowRow => {
    const own = (fact: PairedFact) => capability === null || fact.benchmark.capability === capability;
    return {
      ...accuracies(capability, facts.filter(own)),
      delta: capability === null ? shadow.delta : shadowDeltaOf(forDelta.filter(own), policy).delta,
      twinChange: twinTests.find((test) => test.capability === capability)?.change ?? null,
    };
  };
  const able = views.filter(({ showsNoDrop }) => showsNoDrop).reduce((sum, view) => sum + view.facts.length, 0);
  const capabilities = [...groupBy(facts, ({ benchmark }) => benchmark.capability).keys()];
  const comparison = {
    confidence: policy.confidence,
    exclusion: exclusionLevel(policy),
    rows: [rowOf(null), ...capabilities.map(rowOf)],
    families: views.flatMap(({ rows }) => rows),
    transfer: shadow.transfer,
    overTemplates: shadow.overTemplates,
    retention: retentionOf(known, policy),
    margins: marginsOf(facts),
    flips: findFlips(facts),
    planned: { facts: able, discordance: PLANNED_DISCORDANCE, mde: plannedDrop(able, policy) },
    kinds: [],
    labels: [...labels],
    kept: [],
    robustness: null,
    churn: [],
    memorization: [],
    levels: [],
  };
  return { comparison, views, twinTests, shadow, losses: testLosses(facts, policy) };
}

/**
 * What there is to report of one measurement alone.
 * @param facts of the candidate, as pairs of itself
 */
export function evaluateWithoutBaseline(
  facts: readonly PairedFact[],
  policy: ProbePolicy,
  further: FurtherAnswers = {},
): ProbeComparison {
  const { comparison } = evaluateProbes(facts, policy, further);
  const alone = (both: Both): Both => ({ ...both, baseline: null });
  return {
    ...comparison,
    rows: comparison.rows.map((row) => ({
      ...row,
      benchmark: alone(row.benchmark),
      twin: alone(row.twin),
      gap: alone(row.gap),
      delta: null,
      twinChange: null,
    })),
    families: comparison.families.map((family) => ({
      ...family,
      benchmark: { ...family.benchmark, baseline: null },
      twin: { ...family.twin, baseline: null },
    })),
    transfer: null,
    overTemplates: null,
    retention: null,
    margins: null,
  };
}

function accuracies(capability: string | null, facts: readonly PairedFact[]): Omit<ShadowRow, 'delta' | 'twinChange'> {
  const both = (items: Parameters<typeof accuracy>[0]): Record<Side, number> => ({
    baseline: accuracy(items, 'baseline'),
    candidate: accuracy(items, 'candidate'),
  });
  const benchmark = both(facts.map((fact) => fact.benchmark));
  const twin = both(facts.flatMap(({ twins }) => twins));
  const gap: Both = {
    baseline: benchmark.baseline - twin.baseline,
    candidate: benchmark.candidate - twin.candidate,
  };
  return { capability, facts: facts.length, benchmark, twin, gap };
}

/** Over facts, whose twins rise and fall together: the mean of their margins. */
function marginsOf(facts: readonly PairedFact[]): ProbeComparison['margins'] {
  if (facts.length === 0) return null;
  const { below, above, p } = signTest(
    facts.map(({ twins }) =>
      twins.reduce((sum, { candidate, baseline }) => sum + candidate.margin - baseline.margin, 0),
    ),
  );
  return { fell: below, rose: above, p };
}
