import { groupBy } from '../../platform/group-by.ts';
import type { ProbePolicy } from '../../policy/probe-policy.ts';
import { signTest } from '../../statistics/sign-test.ts';
import type { Reason } from '../finding.ts';
import { changeInterval, exclusionLevel } from './change-interval.ts';
import type { Both, ProbeComparison, ShadowRow } from './comparison.ts';
import { type FamilyView, viewFamilies } from './families.ts';
import { findFlips } from './flips.ts';
import { PLANNED_DISCORDANCE, plannedDrop } from './minimum-detectable-drop.ts';
import { accuracy, type PairedFact, type Side } from './paired-item.ts';
import { retentionOf, retentionReasons } from './retention.ts';
import { factsForDelta, shadowDeltaOf, shadowDeltaReasons } from './shadow-delta.ts';
import { type TwinTest, testTwinAccuracy, twinAccuracyReasons } from './twin-tests.ts';
import { points } from './words.ts';

export interface ProbeFindings {
  readonly comparison: ProbeComparison;
  readonly reasons: readonly Reason[];
}

/** Judge what candidate and baseline made of the same items. Pure. */
export function evaluateProbes(facts: readonly PairedFact[], policy: ProbePolicy): ProbeFindings {
  const views = viewFamilies(facts, policy);
  const twinTests = testTwinAccuracy(views, policy);
  const forDelta = factsForDelta(views);
  const shadow = shadowDeltaOf(forDelta, policy);
  const known = views.filter(({ showsRetention }) => showsRetention).flatMap((view) => view.facts);
  const retention = retentionOf(known, policy);
  const rowOf = (capability: string | null): ShadowRow => {
    const own = (fact: PairedFact) => capability === null || fact.benchmark.capability === capability;
    return {
      ...accuracies(capability, facts.filter(own)),
      delta: capability === null ? shadow.delta : shadowDeltaOf(forDelta.filter(own), policy).delta,
      twinChange: twinTests.find((test) => test.capability === capability)?.change ?? null,
    };
  };
  const capabilities = [...groupBy(facts, ({ benchmark }) => benchmark.capability).keys()];
  const harm = [
    ...shadowDeltaReasons(shadow, policy),
    ...twinAccuracyReasons(twinTests, policy),
    ...retentionReasons(retention, policy),
  ];
  return {
    comparison: {
      confidence: policy.confidence,
      exclusion: exclusionLevel(policy),
      rows: [rowOf(null), ...capabilities.map(rowOf)],
      families: views.flatMap(({ rows }) => rows),
      transfer: shadow.transfer,
      overTemplates: shadow.overTemplates,
      retention,
      margins: marginsOf(facts),
      flips: findFlips(facts),
      planned: { facts: facts.length, discordance: PLANNED_DISCORDANCE, mde: plannedDrop(facts.length, policy) },
    },
    // Where harm is shown, what else may be is no news.
    reasons: [...harm, ...(harm.some(({ level }) => level === 'fail') ? [] : doubts(views, twinTests, policy))],
  };
}

/**
 * What there is to say of one measurement alone.
 * @param facts of the candidate, as pairs of itself
 */
export function describeWithoutBaseline(facts: readonly PairedFact[], policy: ProbePolicy): ProbeComparison {
  const { comparison } = evaluateProbes(facts, policy);
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

/** Why this is no pass, where no harm was shown: nothing could show it, or the interval does not exclude it. */
function doubts(views: readonly FamilyView[], twinTests: readonly TwinTest[], policy: ProbePolicy): Reason[] {
  const telling = views.filter(
    ({ showsNoDrop, showsDelta, isAboveChance }) => showsNoDrop || (showsDelta && isAboveChance),
  );
  if (telling.length === 0) return [notInformative(views)];
  const { margin, level } = policy['twin-accuracy'];
  if (level === 'info') return [];
  // Where every family began at the floor there was nothing to lose; that they did not get worse still has to show.
  const change =
    twinTests[0]?.change ??
    changeInterval(
      telling.flatMap(({ facts }) => facts),
      exclusionLevel(policy),
    );
  if (change.lower !== null && change.lower > -margin) return [];
  const lower = change.lower === null ? 'unknown' : points(-change.lower);
  const mde = twinTests[0]?.change.mde ?? null;
  return [
    {
      level: 'inconclusive',
      rule: 'twin-accuracy-unclear',
      metric: 'twinAccuracy',
      of: null,
      place: 'model',
      candidate: change.value,
      baseline: null,
      tolerance: { absolute: margin },
      message: `a drop of the accuracy on twins by ${lower} is not excluded, allowed ${points(margin)}${mde === null ? '' : `; a drop from ${points(mde)} on would be found`}: ask more items`,
    },
  ];
}

function notInformative(views: readonly FamilyView[]): Reason {
  const families = views.flatMap(({ rows }) => rows.map(({ family }) => family));
  const which = families.length > 4 ? `all ${families.length} families` : families.join(', ');
  return {
    level: 'inconclusive',
    rule: 'not-informative',
    metric: 'probes',
    of: null,
    place: 'model',
    candidate: null,
    baseline: null,
    tolerance: null,
    message: `the probes are not informative: the models answer ${which === '' ? 'nothing' : which} no better than chance or without a miss, so that nothing could move`,
  };
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
