import { groupBy } from '@shadow-gate/platform';
import type { MeasuredProbes } from '@shadow-gate/probes/answer';
import type { JudgedForm } from '@shadow-gate/probes/item';
import { binomialAtLeast, gridSignFlip, holm } from '../../statistics/index.ts';
import { nameInPair } from '../pairing/paired-facts.ts';
import { countChanges, itemChange, type PairedFact, type PairedItem, type Side } from '../pairing/paired-item.ts';
import type { LevelRow } from '../rows/accuracies.ts';

/** With names of families as in paired facts. */
export interface MeasuredLevels extends Pick<LevelRow, 'family' | 'count'> {
  readonly asked: readonly number[];
}

export function levelsIn(candidate: Pick<MeasuredProbes, 'suites'>, baseline: Pick<MeasuredProbes, 'suites'>) {
  const several = candidate.suites.length > 1;
  return baseline.suites.flatMap(({ name, levels = [] }) =>
    levels
      .filter(({ count }) => count > 1)
      .map(({ family, count, asked }) => ({ family: nameInPair(family, name, several), count, asked })),
  );
}

export interface LevelTest extends LevelRow {
  /** Asked at that level. */
  readonly facts: readonly PairedFact[];
  /** Answers in both forms, at that level. */
  readonly lost: number;
  readonly won: number;
}

/** A level is reached if guessing does as well at most once in a hundred times, in both forms. */
const GUESSING = 0.01;

/**
 * The highest level of each family that each side reaches: benchmark forms and twins are both above guessing (exact
 * binomial tests with facts as units) among levels asked in full. An exact sign-flip test over both forms tests for a
 * loss at the baseline's level, with Holm's adjustment over all families, whatever was reached: so the luck of the
 * baseline chooses none.
 */
export function compareLevels(facts: readonly PairedFact[], levels: readonly MeasuredLevels[]): LevelTest[] {
  const byFamily = groupBy(facts, ({ benchmark }) => benchmark.family);
  const tests = levels.map(({ family, count, asked }) => {
    const own = byFamily.get(family) ?? [];
    const at = (level: number) => own.filter(({ benchmark }) => benchmark.level === level);
    const reached = (side: Side) =>
      asked.reduce((highest, level) => (level > highest && isReached(at(level), side) ? level : highest), 0);
    const baseline = reached('baseline');
    // If the baseline reached no level, the lowest one is tested.
    const tested = at(baseline > 0 ? baseline : Math.min(...asked));
    const forms = tested.map(({ benchmark, twins }) => [benchmark, ...twins]);
    return {
      family,
      capability: own[0]?.benchmark.capability ?? '',
      count,
      asked: [...asked],
      facts: tested,
      reached: { baseline, candidate: reached('candidate') },
      p: gridSignFlip(forms.map((items) => items.reduce((sum, item) => sum + itemChange(item), 0))),
      ...countChanges(forms.flat()),
    };
  });
  const adjusted = holm(tests.map(({ p }) => p));
  return tests.map((test, i) => ({ ...test, p: adjusted[i] ?? 1 }));
}

function isReached(facts: readonly PairedFact[], side: Side): boolean {
  if (facts.length === 0) return false;
  const twins = facts.map((fact) => fact.twins).filter(({ length }) => length > 0);
  return [facts.map(({ benchmark }) => [benchmark]), twins].every((forms) => isAboveChance(forms, side));
}

/** Answers in each form that may be lost before the level is. */
export function answersToSpare(facts: readonly PairedFact[]): Record<JudgedForm, number> {
  const spare = (forms: ReadonlyArray<readonly PairedItem[]>) => {
    const { right, chance } = countRight(forms, 'baseline');
    const least = Array.from({ length: forms.length + 1 }, (_, count) => count).find(
      (count) => binomialAtLeast(count, forms.length, chance) < GUESSING,
    );
    return least === undefined ? 0 : Math.max(0, right - least);
  };
  return { benchmark: spare(facts.map(({ benchmark }) => [benchmark])), twin: spare(facts.map(({ twins }) => twins)) };
}

/** Twins of one fact count as one answer, right by their share. */
function isAboveChance(forms: ReadonlyArray<readonly PairedItem[]>, side: Side): boolean {
  const { right, chance } = countRight(forms, side);
  return binomialAtLeast(Math.floor(right + 1e-9), forms.length, chance) < GUESSING;
}

function countRight(forms: ReadonlyArray<readonly PairedItem[]>, side: Side) {
  const mean = (items: readonly PairedItem[], of: (item: PairedItem) => number) =>
    items.reduce((sum, item) => sum + of(item), 0) / items.length;
  const right = forms.reduce((sum, items) => sum + mean(items, (item) => Number(item[side].correct)), 0);
  const chance = forms.reduce((sum, items) => sum + mean(items, (item) => item.chance), 0) / forms.length;
  return { right, chance };
}
