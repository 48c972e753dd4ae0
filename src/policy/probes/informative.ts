import { groupBy } from '../../group-by.ts';
import { binomialCdf } from '../../statistics/distributions.ts';
import type { ProbePolicy } from '../probe-policy.ts';
import type { FamilyRow } from './comparison.ts';
import { accuracy, type PairedFact, type PairedItem, type Side } from './paired-item.ts';

/** What a family can show. */
export interface FamilyView {
  readonly facts: readonly PairedFact[];
  readonly row: FamilyRow;
  /** The benchmark form was right more often than by chance: what was certain was known. */
  readonly showsRetention: boolean;
  /** Twins that were right more often than by chance: a drop can be seen. */
  readonly showsDrop: boolean;
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
 * Look at each family on its own: at the floor (accuracy of the baseline at most `floor` above chance, or such as guessing
 * gives) a drop cannot be seen, at the ceiling a gain cannot. Only the baseline decides which test a family is part of, so
 * that the choice does not depend on what they are chosen to show.
 */
export function viewFamilies(facts: readonly PairedFact[], { informative }: ProbePolicy): FamilyView[] {
  return [...groupBy(facts, ({ benchmark }) => benchmark.family).values()].map((members) => {
    const benchmark = summarise(members.map((fact) => fact.benchmark));
    const twin = summarise(members.flatMap(({ twins }) => twins));
    const isAtFloor = (form: Summary, side: Side) =>
      form[side] <= form.chance + informative.floor || guesses(form[side], members.length, form.chance) >= GUESSING;
    const isAtCeiling = (form: Summary) => form.baseline > informative.ceiling;
    const showsDrop = !isAtFloor(twin, 'baseline');
    const showsRetention = !isAtFloor(benchmark, 'baseline');
    const full = [...(isAtCeiling(benchmark) ? ['benchmark form'] : []), ...(isAtCeiling(twin) ? ['twins'] : [])];
    const [first] = members;
    return {
      facts: members,
      showsRetention,
      showsDrop,
      showsDelta: full.length === 0,
      isAboveChance: [benchmark, twin].some((form) => !isAtFloor(form, 'baseline') || !isAtFloor(form, 'candidate')),
      row: {
        family: first?.benchmark.family ?? '',
        capability: first?.benchmark.capability ?? '',
        facts: members.length,
        benchmark,
        twin,
        leftOut: [
          ...(showsDrop ? [] : ['twin accuracy: the baseline is at the floor, a drop cannot be seen']),
          ...(showsRetention ? [] : ['retention: the baseline is at the floor, it was certain of nothing it knew']),
          ...(full.length === 0 ? [] : [`shadow delta: ${full.join(' and ')} at the ceiling, a gain cannot be seen`]),
        ],
      },
    };
  });
}

/** Probability that a guesser gets as many of n right, or more. */
function guesses(accuracy: number, n: number, chance: number): number {
  const right = Math.floor(accuracy * n + 1e-9);
  return right === 0 ? 1 : 1 - binomialCdf(right - 1, n, chance);
}

interface Summary {
  readonly baseline: number;
  readonly candidate: number;
  readonly chance: number;
}

function summarise(items: readonly PairedItem[]): Summary {
  return {
    baseline: accuracy(items, 'baseline'),
    candidate: accuracy(items, 'candidate'),
    chance: items.reduce((sum, { chance }) => sum + chance, 0) / items.length,
  };
}
