import type { ProbePolicy } from '../../policy/probe-policy.ts';
import { signTest } from '../../statistics/index.ts';
import { isWithin, type RowScope, rowScopes } from '../estimates/accuracies.ts';
import { exclusionLevel } from '../estimates/change-interval.ts';
import { churnRows } from '../estimates/churn.ts';
import { type FamilyView, knownFacts, viewFamilies } from '../estimates/families.ts';
import { type KindView, overallDelta, type SuiteGain, suiteGains, viewKinds } from '../estimates/kinds.ts';
import { certainFacts, measureRetention } from '../estimates/retention.ts';
import { describeDelta, measureShadowDelta, overTemplates } from '../estimates/shadow-delta.ts';
import type { SharpnessOfForm } from '../pairing/graded.ts';
import { asGained, factsWithTwins } from '../pairing/groups.ts';
import {
  benchmarkTwinGap,
  countChanges,
  type PairedAnswers,
  type PairedFact,
  type PairedItem,
  pairedAccuracies,
} from '../pairing/paired-item.ts';
import { poolOfFacts, type SuitePool, splitFacts } from '../pairing/pool.ts';
import { countUnits, sampleOfFacts, sumsByUnit, unitsIn } from '../pairing/sample.ts';
import type { ShadowRow } from '../rows/accuracies.ts';
import type { TextRow } from '../rows/apart.ts';
import type { Both } from '../rows/fields.ts';
import type { MemorizationRow } from '../rows/gains.ts';
import type { SliceRow } from '../rows/losses.ts';
import type { ProbeComparison } from '../rows/probes.ts';
import { findFlips } from '../tests/flips.ts';
import { gradedScopes, measureGradedLoss } from '../tests/graded-losses.ts';
import { factsForLoss, keptLetters, suitesOfMemorizedLetters } from '../tests/kept-letters.ts';
import { compareLevels, type LevelTest, type MeasuredLevels, rowOfLevel, withoutBaseline } from '../tests/levels.ts';
import { type LossScope, lossScopes, testLosses } from '../tests/losses.ts';
import { PLANNED_DISCORDANCE, plannedDrop } from '../tests/minimum-detectable-drop.ts';
import { refusalRows } from '../tests/refusals.ts';
import { testSlices } from '../tests/slices.ts';
import { type TwinTest, testTwinAccuracy } from '../tests/twin-tests.ts';

/** The statistics of paired answers, which the checks judge. */
export interface ProbeEvaluation {
  readonly comparison: ProbeComparison;
  /** What the tests of everything are about, as are `views`, `twinTests` and `certain`. */
  readonly pool: SuitePool;
  readonly views: readonly FamilyView[];
  /** First all twins, then each capability; empty where no family can show a drop. */
  readonly twinTests: readonly TwinTest[];
  /** By suite and kind of twin: what decides about a gain. */
  readonly kinds: readonly KindView[];
  readonly gains: readonly SuiteGain[];
  /** One for each family with levels. */
  readonly levels: readonly LevelTest[];
  /** What the losses of `comparison` are over. */
  readonly lossScopes: readonly LossScope[];
  /** By suite, field and value. */
  readonly slices: readonly SliceRow[];
  /** Facts that retention is over. */
  readonly certain: readonly PairedFact[];
}

/** What was answered in addition to the facts that are judged. */
export interface FurtherAnswers extends Partial<Omit<PairedAnswers, 'facts'>> {
  /** Levels that the facts belong to. */
  readonly levels?: readonly MeasuredLevels[];
  readonly memorization?: readonly MemorizationRow[];
  readonly sharpness?: readonly SharpnessOfForm[];
  readonly texts?: readonly TextRow[];
  /** Both sides are the same model: there is no baseline. */
  readonly isAlone?: boolean;
}

/** Evaluate the answers of candidate and baseline to the same items. Pure. */
export function evaluateProbes(
  facts: readonly PairedFact[],
  policy: ProbePolicy,
  {
    unjudged = [],
    groups = [],
    labels = [],
    levels: asked = [],
    memorization = [],
    sharpness = [],
    texts = [],
    refusals = [],
    isAlone = false,
  }: FurtherAnswers = {},
): ProbeEvaluation {
  const kept = keptLetters([...facts, ...unjudged], { hasBaseline: !isAlone });
  const memorized = suitesOfMemorizedLetters(kept);
  const pool = poolOfFacts({ facts }, policy);
  const withTwins = factsWithTwins(facts, groups);
  const [pooled, apart] = splitFacts(withTwins, pool);
  const [pooledFacts] = splitFacts(facts, pool);
  const linked = pooledFacts.filter(({ twins }) => twins.length > 0);
  const views = viewFamilies(pooled, policy);
  const twinTests = testTwinAccuracy(views, policy);
  const gained = asGained(facts, memorized);
  const judged = { facts: gained, groups };
  const kinds = viewKinds(judged, policy);
  const [inPool, beyond] = splitFacts(gained, pool).map((own) =>
    overallDelta(
      { facts: own, groups },
      kinds.filter(({ row }) => own.some(({ benchmark }) => benchmark.suite === row.suite)),
      policy,
    ),
  );
  const whole = inPool?.delta ?? null;
  const forDelta = [...(inPool?.facts ?? []), ...(beyond?.facts ?? [])];
  const known = knownFacts(pooledFacts, views, policy);
  const rowOf = (scope: RowScope): ShadowRow => {
    const own = ({ benchmark }: PairedFact) => isWithin(scope, benchmark, pool);
    const isWhole = scope.capability === null && scope.suite === null;
    const members = gained.filter(own);
    const suites = new Set(members.map(({ benchmark }) => benchmark.suite));
    const beside = groups.filter(({ of }) => suites.has(of)).flatMap(({ items }) => items);
    const delta = isWhole ? whole : measureShadowDelta({ kind: 'paired', facts: forDelta.filter(own) }, policy);
    return {
      ...describeAccuracies(scope, members, beside),
      delta: describeDelta(delta, policy.confidence),
      twinChange:
        scope.suite === null ? (twinTests.find((test) => test.capability === scope.capability)?.change ?? null) : null,
    };
  };
  const able = views.filter(({ showsNoDrop }) => showsNoDrop).flatMap((view) => view.facts);
  const certain = certainFacts(factsForLoss(known, kept), policy);
  const levels = compareLevels(facts, asked);
  const scopes = lossScopes({ benchmark: factsForLoss(facts, kept), twin: withTwins }, pool);
  const gains = suiteGains(judged, kinds, policy);
  const comparison = {
    confidence: policy.confidence,
    exclusion: exclusionLevel(policy),
    rows: rowScopes(facts, pool).map(rowOf),
    families: [...views, ...viewFamilies(apart, policy)].flatMap(({ rows }) => rows),
    transfer: whole?.transfer ? whole.transfer.interval(policy.confidence) : null,
    overTemplates: overTemplates(inPool?.facts ?? [], policy.confidence),
    retention: measureRetention(certain, policy),
    margins: marginsOf(linked),
    flips: findFlips(facts, { unjudged, memorized }),
    planned: {
      facts: able.length,
      discordance: PLANNED_DISCORDANCE,
      mde: plannedDrop(countUnits(able.map(({ benchmark }) => benchmark)), policy),
    },
    kinds: kinds.map(({ row }) => row),
    gains: gains.map(({ suite, facts: count, gain }) => ({ suite, facts: count, gain })),
    labels: [...labels],
    kept,
    robustness: robustnessOf([...facts, ...unjudged]),
    churn: churnRows({ facts, unjudged, groups }),
    memorization: [...memorization],
    levels: levels.map(rowOfLevel),
    losses: testLosses(scopes, policy),
    graded: gradedScopes(withTwins, pool).flatMap((scope) => measureGradedLoss(scope, policy) ?? []),
    sharpness: [...sharpness],
    texts: [...texts],
    ...(refusals.length === 0 ? {} : { refusals: refusalRows(refusals, policy, { isAlone }) }),
  };
  return {
    comparison,
    pool,
    views,
    twinTests,
    kinds,
    gains,
    levels,
    lossScopes: scopes,
    slices: isAlone ? [] : testSlices({ facts, groups }, policy),
    certain,
  };
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
  const { comparison } = evaluateProbes(facts, policy, { ...further, isAlone: true });
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
    kinds: comparison.kinds.map((row) => ({
      ...row,
      benchmark: alone(row.benchmark),
      twin: alone(row.twin),
      gap: alone(row.gap),
      delta: null,
      transfer: null,
    })),
    gains: [],
    labels: comparison.labels.map((row) => ({ ...row, baseline: null })),
    robustness: comparison.robustness && {
      ...comparison.robustness,
      benchmark: alone(comparison.robustness.benchmark),
      distracted: alone(comparison.robustness.distracted),
    },
    churn: [],
    levels: comparison.levels.map(withoutBaseline),
    losses: [],
    graded: [],
    sharpness: [],
  };
}

/** @param groups items that are twins of the suites of these facts */
function describeAccuracies(
  scope: RowScope,
  facts: readonly PairedFact[],
  groups: readonly PairedItem[],
): Omit<ShadowRow, 'delta' | 'twinChange'> {
  const benchmark = pairedAccuracies(facts.map((fact) => fact.benchmark));
  const twin = pairedAccuracies([...facts.flatMap(({ twins }) => twins), ...groups]);
  const units = unitsIn(facts.map((fact) => fact.benchmark));
  return { ...scope, facts: facts.length, ...units, benchmark, twin, gap: benchmarkTwinGap(benchmark, twin) };
}

/** Sign test over units: did the margins of their twins fall? */
function marginsOf(facts: readonly PairedFact[]): ProbeComparison['margins'] {
  if (facts.length === 0) return null;
  const { below, above, p } = signTest(
    sumsByUnit(
      sampleOfFacts(
        facts,
        ({ twins }) => twins,
        (item, side) => item[side].margin,
      ),
    ),
  );
  return { fell: below, rose: above, p };
}

/**
 * The benchmark form with something irrelevant added, compared with the same facts as the exam asks them. A memorized
 * answer stays right in both, so this decides nothing.
 * @returns null if there is no such form
 */
function robustnessOf(facts: readonly PairedFact[]): ProbeComparison['robustness'] {
  const having = facts.filter(({ robustness }) => robustness.length > 0);
  if (having.length === 0) return null;
  const distracted = having.flatMap(({ robustness }) => robustness);
  return {
    facts: having.length,
    benchmark: pairedAccuracies(having.map(({ exam }) => exam)),
    distracted: pairedAccuracies(distracted),
    ...countChanges(distracted),
  };
}
