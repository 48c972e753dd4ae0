import { given } from '@shadow-gate/platform';
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
import type { TextRow } from '../rows/apart.ts';
import type { MemorizationRow } from '../rows/gains.ts';
import type { SliceRow } from '../rows/losses.ts';
import type { ProbeComparison } from '../rows/probes.ts';
import { findFlips } from '../tests/flips.ts';
import { gradedScopes, measureGradedLoss } from '../tests/graded-losses.ts';
import { factsForLoss, keptLetters, suitesOfMemorizedLetters } from '../tests/kept-letters.ts';
import { compareLevels, type LevelTest, type MeasuredLevels } from '../tests/levels.ts';
import { type LossScope, lossScopes, testLosses } from '../tests/losses.ts';
import { refusalRows } from '../tests/refusals.ts';
import { testSlices } from '../tests/slices.ts';
import { PLANNED_DISCORDANCE, plannedDrop, type TwinTest, testTwinAccuracy } from '../tests/twin-tests.ts';

export interface ProbeEvaluation {
  readonly comparison: ProbeComparison;
  /** The suites that `views`, `twinTests` and `certain` are about. */
  readonly pool: SuitePool;
  readonly views: readonly FamilyView[];
  /** First all twins, then each capability; empty if no family can show a drop. */
  readonly twinTests: readonly TwinTest[];
  readonly kinds: readonly KindView[];
  readonly gains: readonly SuiteGain[];
  readonly levels: readonly LevelTest[];
  readonly lossScopes: readonly LossScope[];
  readonly slices: readonly SliceRow[];
  readonly certain: readonly PairedFact[];
}

export interface FurtherAnswers extends Partial<Omit<PairedAnswers, 'facts'>> {
  readonly levels?: readonly MeasuredLevels[];
  readonly memorization?: readonly MemorizationRow[];
  readonly sharpness?: readonly SharpnessOfForm[];
  readonly texts?: readonly TextRow[];
}

/** Columns of a comparison that only a baseline fills. */
const NOT_COMPARED = {
  transfer: null,
  overTemplates: null,
  retention: null,
  margins: null,
  gains: [],
  churn: [],
  losses: [],
  graded: [],
  sharpness: [],
} satisfies Partial<ProbeComparison>;
type Compared = Pick<ProbeComparison, keyof typeof NOT_COMPARED>;
type Described = Omit<ProbeComparison, keyof Compared | 'confidence' | 'exclusion'>;

export function evaluateProbes(
  facts: readonly PairedFact[],
  policy: ProbePolicy,
  further: FurtherAnswers = {},
): ProbeEvaluation {
  const { unjudged = [], groups = [], sharpness = [] } = further;
  const judged = judgedFacts(facts, policy, { unjudged, groups, isAlone: false });
  const { kept, pool, withTwins, pooledFacts, views, gained, kinds } = judged;
  const twinTests = testTwinAccuracy(views, policy);
  const [inPool, beyond] = splitFacts(gained, pool).map((own) =>
    overallDelta(
      { facts: own, groups },
      kinds.filter(({ row }) => own.some(({ benchmark }) => benchmark.suite === row.suite)),
      policy,
    ),
  );
  const whole = inPool?.delta ?? null;
  const forDelta = [...(inPool?.facts ?? []), ...(beyond?.facts ?? [])];
  const deltaOf = (scope: RowScope) =>
    scope.capability === null && scope.suite === null
      ? whole
      : measureShadowDelta({ kind: 'paired', facts: forDelta.filter(isIn(scope, pool)) }, policy);
  const certain = certainFacts(factsForLoss(knownFacts(pooledFacts, views, policy), kept), policy);
  const levels = compareLevels(facts, further.levels ?? []);
  const scopes = lossScopes({ benchmark: factsForLoss(facts, kept), twin: withTwins }, pool);
  const gains = suiteGains({ facts: gained, groups }, kinds, policy);
  const described = describeAnswers(judged, policy, further, levels);
  const rows = described.rows.map((row) => ({
    ...row,
    delta: describeDelta(deltaOf(row), policy.confidence),
    twinChange:
      row.suite === null ? (twinTests.find((test) => test.capability === row.capability)?.change ?? null) : null,
  }));
  const compared = {
    transfer: whole?.transfer ? whole.transfer.interval(policy.confidence) : null,
    overTemplates: overTemplates(inPool?.facts ?? [], policy.confidence),
    retention: measureRetention(certain, policy),
    margins: marginsOf(pooledFacts.filter(({ twins }) => twins.length > 0)),
    gains: gains.map(({ suite, facts: count, gain }) => ({ suite, facts: count, gain })),
    churn: churnRows({ facts, unjudged, groups }),
    losses: testLosses(scopes, policy),
    graded: gradedScopes(withTwins, pool).flatMap((scope) => measureGradedLoss(scope, policy) ?? []),
    sharpness: [...sharpness],
  };
  return {
    comparison: comparisonOf({ ...described, rows }, compared, policy),
    pool,
    views,
    twinTests,
    kinds,
    gains,
    levels,
    lossScopes: scopes,
    slices: testSlices({ facts, groups }, policy),
    certain,
  };
}

/** For a candidate without a baseline. @param facts as pairs of itself */
export function evaluateWithoutBaseline(
  facts: readonly PairedFact[],
  policy: ProbePolicy,
  further: FurtherAnswers = {},
): ProbeComparison {
  const { unjudged = [], groups = [] } = further;
  const judged = judgedFacts(facts, policy, { unjudged, groups, isAlone: true });
  const described = describeAnswers(judged, policy, further, compareLevels(facts, further.levels ?? []));
  const alone = {
    ...described,
    rows: described.rows.map(withoutBaseline),
    families: described.families.map(withoutBaseline),
    kinds: described.kinds.map((row) => ({ ...withoutBaseline(row), delta: null, transfer: null })),
    labels: described.labels.map((row) => ({ ...row, baseline: null })),
    robustness: described.robustness && withoutBaseline(described.robustness),
    levels: described.levels.map((row) => ({ ...withoutBaseline(row), p: null })),
  };
  return comparisonOf(alone, NOT_COMPARED, policy);
}

/** Removes the baseline from a row in which both sides are the candidate. */
function withoutBaseline<T extends object>(row: T): T {
  const isOfBoth = (value: unknown) => typeof value === 'object' && value !== null && 'baseline' in value;
  return Object.fromEntries(
    Object.entries(row).map(([key, value]) => [key, isOfBoth(value) ? { ...value, baseline: null } : value]),
  ) as T;
}

interface Asked extends Required<Pick<FurtherAnswers, 'unjudged' | 'groups'>> {
  /** Both sides are the same model. */
  readonly isAlone: boolean;
}

function judgedFacts(facts: readonly PairedFact[], policy: ProbePolicy, { unjudged, groups, isAlone }: Asked) {
  const kept = keptLetters([...facts, ...unjudged], { hasBaseline: !isAlone });
  const memorized = suitesOfMemorizedLetters(kept);
  const pool = poolOfFacts({ facts }, policy);
  const withTwins = factsWithTwins(facts, groups);
  const [pooled, apart] = splitFacts(withTwins, pool);
  const [pooledFacts] = splitFacts(facts, pool);
  const gained = asGained(facts, memorized);
  return {
    facts,
    unjudged,
    groups,
    isAlone,
    kept,
    memorized,
    pool,
    withTwins,
    apart,
    pooledFacts,
    gained,
    kinds: viewKinds({ facts: gained, groups }, policy),
    views: viewFamilies(pooled, policy),
  };
}

/** The columns that one measurement fills, with the numbers of both sides. */
function describeAnswers(
  judged: ReturnType<typeof judgedFacts>,
  policy: ProbePolicy,
  { labels = [], memorization = [], texts = [], refusals = [] }: FurtherAnswers,
  levels: readonly LevelTest[],
): Described {
  const { facts, unjudged, groups, isAlone, memorized, pool, apart, gained, views } = judged;
  const able = views.filter(({ showsNoDrop }) => showsNoDrop).flatMap((view) => view.facts);
  const units = countUnits(able.map(({ benchmark }) => benchmark));
  return {
    rows: rowScopes(facts, pool).map((scope) => {
      const members = gained.filter(isIn(scope, pool));
      const suites = new Set(members.map(({ benchmark }) => benchmark.suite));
      const beside = groups.filter(({ of }) => suites.has(of)).flatMap(({ items }) => items);
      return { ...describeAccuracies(scope, members, beside), delta: null, twinChange: null };
    }),
    families: [...views, ...viewFamilies(apart, policy)].flatMap(({ rows }) => rows),
    flips: findFlips(facts, { unjudged, memorized }),
    planned: { facts: able.length, discordance: PLANNED_DISCORDANCE, mde: plannedDrop(units, policy) },
    kinds: judged.kinds.map(({ row }) => row),
    labels: [...labels],
    kept: judged.kept,
    robustness: robustnessOf([...facts, ...unjudged]),
    memorization: [...memorization],
    levels: levels.map(({ lost: _, won: _won, facts: _facts, ...row }) => row),
    texts: [...texts],
    ...given({ refusals: refusals.length === 0 ? undefined : refusalRows(refusals, policy, { isAlone }) }),
  };
}

/** All columns, in the order of report.json. */
function comparisonOf(described: Described, compared: Compared, policy: ProbePolicy): ProbeComparison {
  const { rows, families, flips, planned, kinds, labels, kept, robustness, memorization, levels, ...rest } = described;
  const { transfer, overTemplates: ofTemplates, retention, margins, gains, churn, ...further } = compared;
  return {
    ...{ confidence: policy.confidence, exclusion: exclusionLevel(policy), rows, families },
    ...{ transfer, overTemplates: ofTemplates, retention, margins, flips, planned, kinds, gains, labels, kept },
    ...{ robustness, churn, memorization, levels, ...further, ...rest },
  };
}

function isIn(scope: RowScope, pool: SuitePool): (fact: PairedFact) => boolean {
  return ({ benchmark }) => isWithin(scope, benchmark, pool);
}

/** @param groups twins of the suites of these facts */
function describeAccuracies(scope: RowScope, facts: readonly PairedFact[], groups: readonly PairedItem[]) {
  const benchmark = pairedAccuracies(facts.map((fact) => fact.benchmark));
  const twin = pairedAccuracies([...facts.flatMap(({ twins }) => twins), ...groups]);
  const units = unitsIn(facts.map((fact) => fact.benchmark));
  return { ...scope, facts: facts.length, ...units, benchmark, twin, gap: benchmarkTwinGap(benchmark, twin) };
}

/** Sign test over units for a fall of the margins of their twins. */
function marginsOf(facts: readonly PairedFact[]): ProbeComparison['margins'] {
  if (facts.length === 0) return null;
  const margins = sampleOfFacts(
    facts,
    ({ twins }) => twins,
    (item, side) => item[side].margin,
  );
  const { below, above, p } = signTest(sumsByUnit(margins));
  return { fell: below, rose: above, p };
}

/** Benchmark forms with something irrelevant added, against the exam form. Decides nothing: memory stays right. */
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
