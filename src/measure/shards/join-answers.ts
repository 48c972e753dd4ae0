import type { MeasuredProbes, ProbeItemMeasurement } from '../schema/probes.ts';

/** The answers of one machine, to all items of the suites or to a share of them. */
export interface ProbeAnswers {
  /** With their index in all suites together. */
  readonly items: ReadonlyArray<{ readonly index: number; readonly item: ProbeItemMeasurement }>;
  readonly leftOut: ReadonlyArray<{
    readonly index: number;
    readonly fact: string;
    readonly item: MeasuredProbes['leftOut'][number];
  }>;
}

/**
 * Join answers in the order of the items. Facts of which one form was left out, on this machine or on another one, are
 * left out entirely.
 */
export function joinAnswers(parts: readonly ProbeAnswers[]): Pick<MeasuredProbes, 'items' | 'leftOut'> {
  // Every machine finds the items that are too long for the model.
  const leftOut = new Map(parts.flatMap((part) => part.leftOut.map((left) => [left.index, left])));
  const excluded = new Set([...leftOut.values()].map(({ fact, item: { suite } }) => JSON.stringify([suite, fact])));
  const byIndex = (a: { index: number }, b: { index: number }) => a.index - b.index;
  return {
    items: parts
      .flatMap(({ items }) => items)
      .filter(({ item: { suite, fact } }) => !excluded.has(JSON.stringify([suite, fact])))
      .sort(byIndex)
      .map(({ item }) => item),
    leftOut: [...leftOut.values()].sort(byIndex).map(({ item }) => item),
  };
}
