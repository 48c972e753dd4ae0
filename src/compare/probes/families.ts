import { groupBy } from '../../platform/group-by.ts';
import type { ProbePolicy } from '../../policy/probe-policy.ts';
import { binomialCdf } from '../../statistics/distributions.ts';
import type { FamilyRow } from './comparison.ts';
import { accuracy, type PairedFact, type PairedItem, type Side } from './paired-item.ts';

/** What a family can show, or several small ones of a capability together. */
export interface FamilyView {
  readonly facts: readonly PairedFact[];
  /** One for each family. */
  readonly rows: readonly FamilyRow[];
  /** The benchmark form was right more often than by chance: what was certain was known. */
  readonly showsRetention: boolean;
  /** Twins that were right more often than by chance: a drop can be seen. */
  readonly showsDrop: boolean;
  /** The baseline alone proves that, so that no drop says something too. */
  readonly showsNoDrop: boolean;
  /** Neither form was at its ceiling: a gain of either can be seen. */
  readonly showsDelta: boolean;
  /** Somebody was right more often than by chance. */
  readonly isAboveChance: boolean;
}

/**
 * A guesser is more than `floor` above chance in one family of sixty facts out of five. So an accuracy also has to be one
 * that a guesser reaches once in a thousand times (exact binomial test with facts as units).
 */
const GUESSING = 0.001;

/**
 * Of the answers of baseline and candidate together. Whoever picks the families in which the baseline did well picks those
 * in which it was lucky, and its luck is not the candidate's: between equals that looks like a drop. What both have right
 * together is the same whoever is called the baseline, so that it says nothing of who was lucky.
 */
const GUESSING_TOGETHER = 0.01;

/** Families of fewer facts are judged together, by capability if that is enough: four facts of four prove nothing. */
const SMALL = 20;

/**
 * Look at each family on its own: at the floor (accuracy of the baseline at most `floor` above chance, or both models' such
 * as guessing gives) a drop cannot be seen, at the ceiling a gain cannot.
 */
export function viewFamilies(facts: readonly PairedFact[], policy: ProbePolicy): FamilyView[] {
  const families = large(facts, ({ benchmark }) => benchmark.family);
  const capabilities = large(families.rest, ({ benchmark }) => benchmark.capability);
  const judged = [...families.groups, ...capabilities.groups, capabilities.rest];
  return judged.filter(({ length }) => length > 0).map((members) => view(members, policy));
}

/** The groups that are not small, and what is in none of them. */
function large(facts: readonly PairedFact[], keyOf: (fact: PairedFact) => string) {
  const groups = [...groupBy(facts, keyOf).values()];
  const isLarge = ({ length }: readonly PairedFact[]) => length >= SMALL;
  return { groups: groups.filter(isLarge), rest: groups.filter((group) => !isLarge(group)).flat() };
}

function view(members: readonly PairedFact[], { informative }: ProbePolicy): FamilyView {
  const { benchmark, twin } = summariseForms(members);
  const n = members.length;
  const isAtFloor = (form: Summary, side: Side) =>
    form[side] <= form.chance + informative.floor || guesses(form[side] * n, n, form.chance) >= GUESSING;
  const isAtCeiling = (form: Summary) => form.baseline > informative.ceiling;
  const isLow = twin.baseline <= twin.chance + informative.floor;
  const both = (twin.baseline + twin.candidate) * n;
  const showsDrop = !isLow && guesses(both, 2 * n, twin.chance) < GUESSING_TOGETHER;
  const showsRetention = !isAtFloor(benchmark, 'baseline');
  const full = [...(isAtCeiling(benchmark) ? ['benchmark form'] : []), ...(isAtCeiling(twin) ? ['twins'] : [])];
  const families = [...groupBy(members, (fact) => fact.benchmark.family)];
  const together = families.length > 1 ? ` (judged with the other families of fewer than ${SMALL} facts)` : '';
  const leftOut = [
    ...(showsDrop
      ? []
      : [`twin accuracy: ${isLow ? 'the baseline is at the floor' : 'both may be guessing'}, a drop cannot be seen`]),
    ...(showsRetention ? [] : ['retention: the baseline is at the floor, it was certain of nothing it knew']),
    ...(full.length === 0 ? [] : [`shadow delta: ${full.join(' and ')} at the ceiling, a gain cannot be seen`]),
  ].map((why) => `${why}${together}`);
  return {
    facts: members,
    rows: families.map(([family, own]) => ({
      family,
      capability: own[0]?.benchmark.capability ?? '',
      facts: own.length,
      ...summariseForms(own),
      leftOut,
    })),
    showsRetention,
    showsDrop,
    showsNoDrop: showsDrop && !isAtFloor(twin, 'baseline'),
    showsDelta: full.length === 0,
    isAboveChance: [benchmark, twin].some((form) => !isAtFloor(form, 'baseline') || !isAtFloor(form, 'candidate')),
  };
}

/** Probability that a guesser gets as many of n right, or more. */
function guesses(count: number, n: number, chance: number): number {
  const right = Math.floor(count + 1e-9);
  return right === 0 ? 1 : 1 - binomialCdf(right - 1, n, chance);
}

interface Summary {
  readonly baseline: number;
  readonly candidate: number;
  readonly chance: number;
}

function summariseForms(facts: readonly PairedFact[]): { benchmark: Summary; twin: Summary } {
  return {
    benchmark: summarise(facts.map(({ benchmark }) => benchmark)),
    twin: summarise(facts.flatMap(({ twins }) => twins)),
  };
}

function summarise(items: readonly PairedItem[]): Summary {
  return {
    baseline: accuracy(items, 'baseline'),
    candidate: accuracy(items, 'candidate'),
    chance: items.reduce((sum, { chance }) => sum + chance, 0) / items.length,
  };
}
