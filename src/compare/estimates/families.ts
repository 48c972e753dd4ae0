import { groupBy } from '@shadow-gate/platform';
import type { ProbePolicy } from '../../policy/probe-policy.ts';
import { binomialAtLeast, bisect } from '../../statistics/index.ts';
import { benchmarksAlone } from '../pairing/groups.ts';
import { meanChance, type PairedFact, type PairedItem, pairedAccuracies, type Side } from '../pairing/paired-item.ts';
import { countUnits } from '../pairing/sample.ts';
import type { Exclusion, FamilyRow } from '../rows/accuracies.ts';

/** One family, or several small ones of a capability together. */
export interface FamilyView {
  readonly facts: readonly PairedFact[];
  readonly rows: readonly FamilyRow[];
  /** The baseline's benchmark forms were right more often than by chance. */
  readonly showsRetention: boolean;
  /** Twins were right more often than by chance: a drop can be seen. */
  readonly showsDrop: boolean;
  /** The baseline alone proves that, so that no drop is informative too. */
  readonly showsNoDrop: boolean;
  readonly showsDelta: boolean;
  /** One of the models was right more often than by chance. */
  readonly isAboveChance: boolean;
}

/**
 * In one of five families of sixty facts, guessing alone is above the policy's `floor`. So it must also reach the
 * accuracy at most once in a thousand times (exact binomial test with facts as units).
 */
export const GUESSING = 0.001;

/** For both models together: families chosen by the baseline's luck look like a drop; the sum of both has no luck. */
const GUESSING_TOGETHER = 0.01;

/** Families of fewer facts are judged together, by capability if that is enough: four facts of four prove nothing. */
const SMALL = 20;

/**
 * Look at each family on its own. At chance (the baseline is at most the policy's `floor` above it, or guessing
 * explains both accuracies) a drop cannot be seen; at the ceiling a gain cannot.
 */
export function viewFamilies(facts: readonly PairedFact[], policy: ProbePolicy): FamilyView[] {
  const families = large(facts, ({ benchmark }) => benchmark.family);
  const capabilities = large(families.rest, ({ benchmark }) => benchmark.capability);
  const judged = [...families.groups, ...capabilities.groups, capabilities.rest];
  return judged.filter(({ length }) => length > 0).map((members) => view(members, policy));
}

/** Facts of families in which the baseline does not guess. @param views of all facts with twins */
export function knownFacts(facts: readonly PairedFact[], views: readonly FamilyView[], policy: ProbePolicy) {
  return [...views, ...viewFamilies(benchmarksAlone(facts), policy)]
    .filter(({ showsRetention }) => showsRetention)
    .flatMap((view) => view.facts);
}

function large(facts: readonly PairedFact[], keyOf: (fact: PairedFact) => string) {
  const groups = [...groupBy(facts, keyOf).values()];
  const isLarge = (group: readonly PairedFact[]) => unitCountOf(group) >= SMALL;
  return { groups: groups.filter(isLarge), rest: groups.filter((group) => !isLarge(group)).flat() };
}

function unitCountOf(facts: readonly PairedFact[]): number {
  return countUnits(facts.map(({ benchmark }) => benchmark));
}

function view(members: readonly PairedFact[], { informative }: ProbePolicy): FamilyView {
  const { benchmark, twin } = summarizeForms(members);
  // A unit counts as one answer, which is right by its share.
  const n = unitCountOf(members);
  const isAtChance = (form: Summary, side: Side) =>
    form[side] <= form.chance + informative.floor || guesses(form[side] * n, n, form.chance) >= GUESSING;
  const isAtCeiling = (form: Summary) => form.baseline > informative.ceiling;
  const isLow = twin.baseline <= twin.chance + informative.floor;
  const both = (twin.baseline + twin.candidate) * n;
  const showsDrop = !isLow && guesses(both, 2 * n, twin.chance) < GUESSING_TOGETHER;
  const showsRetention = !isAtChance(benchmark, 'baseline');
  const full = [
    ...(isAtCeiling(benchmark) ? (['benchmark'] as const) : []),
    ...(isAtCeiling(twin) ? (['twin'] as const) : []),
  ];
  const families = [...groupBy(members, (fact) => fact.benchmark.family)];
  const pooledBelow = families.length > 1 ? SMALL : null;
  const excludedFrom: Exclusion[] = [
    ...(showsDrop
      ? []
      : [{ test: 'twin-accuracy', cause: isLow ? 'baseline-at-chance' : 'possible-guessing', pooledBelow } as const]),
    ...(showsRetention ? [] : [{ test: 'retention', cause: 'baseline-at-chance', pooledBelow } as const]),
    ...(full.length === 0 ? [] : [{ test: 'shadow-delta', cause: 'at-ceiling', forms: full, pooledBelow } as const]),
  ];
  return {
    facts: members,
    rows: families.map(([family, own]) => ({
      family,
      capability: own[0]?.benchmark.capability ?? '',
      facts: own.length,
      ...summarizeForms(own),
      excludedFrom,
    })),
    showsRetention,
    showsDrop,
    showsNoDrop: showsDrop && !isAtChance(twin, 'baseline'),
    showsDelta: full.length === 0,
    isAboveChance: [benchmark, twin].some((form) => !isAtChance(form, 'baseline') || !isAtChance(form, 'candidate')),
  };
}

/** Whether harm could have shown. */
export function isInformative({ showsNoDrop, showsDelta, isAboveChance }: FamilyView): boolean {
  return showsNoDrop || (showsDelta && isAboveChance);
}

/** Facts needed to show that the baseline does not guess in this family. `neededFacts` of null: never enough. */
export function familyReach({ facts }: FamilyView, { informative }: ProbePolicy) {
  const { baseline: accuracy, chance } = summarizeForms(facts).twin;
  const needed = accuracy <= chance + informative.floor ? null : factsAboveGuessing(accuracy, chance);
  const neededFacts = needed && Math.ceil((needed * facts.length) / unitCountOf(facts));
  return { accuracy, chance, facts: facts.length, neededFacts };
}

/** Probability that guessing gets `count` of n right, or more. */
function guesses(count: number, n: number, chance: number): number {
  return binomialAtLeast(Math.floor(count + 1e-9), n, chance);
}

/** Enough for an accuracy of 5 points above guessing; a number beyond it is no advice. */
const MOST_FACTS = 5000;

/** About the fewest facts at which GUESSING excludes chance; null if too many. */
function factsAboveGuessing(accuracy: number, chance: number): number | null {
  const isEnough = (n: number) => guesses(accuracy * n, n, chance) < GUESSING;
  if (!isEnough(MOST_FACTS)) return null;
  return Math.ceil(bisect(1, MOST_FACTS, (n) => !isEnough(Math.ceil(n))));
}

type Summary = Record<Side | 'chance', number>;

function summarizeForms(facts: readonly PairedFact[]): { benchmark: Summary; twin: Summary } {
  return {
    benchmark: summarize(facts.map(({ benchmark }) => benchmark)),
    twin: summarize(facts.flatMap(({ twins }) => twins)),
  };
}

function summarize(items: readonly PairedItem[]): Summary {
  return { ...pairedAccuracies(items), chance: meanChance(items) };
}
