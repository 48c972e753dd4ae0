import type { MeasuredProbes, ProbeItemMeasurement } from '../schema/probes.ts';

/** What one machine made of the suites: of all items, or of a share. */
export interface ProbeAnswers {
  /** By their places in all suites, one after the other. */
  readonly items: ReadonlyArray<{ readonly place: number; readonly item: ProbeItemMeasurement }>;
  readonly leftOut: ReadonlyArray<{
    readonly place: number;
    readonly fact: string;
    readonly item: MeasuredProbes['leftOut'][number];
  }>;
}

/**
 * Put answers together in the order of the items, without those of facts that are left out: one of their forms was not
 * asked, here or on another machine.
 */
export function joinAnswers(parts: readonly ProbeAnswers[]): Pick<MeasuredProbes, 'items' | 'leftOut'> {
  // What does not fit into the model is found out by every machine.
  const leftOut = new Map(parts.flatMap((part) => part.leftOut.map((left) => [left.place, left])));
  const lost = new Set([...leftOut.values()].map(({ fact, item: { suite } }) => JSON.stringify([suite, fact])));
  const byPlace = (a: { place: number }, b: { place: number }) => a.place - b.place;
  return {
    items: parts
      .flatMap(({ items }) => items)
      .filter(({ item: { suite, fact } }) => !lost.has(JSON.stringify([suite, fact])))
      .sort(byPlace)
      .map(({ item }) => item),
    leftOut: [...leftOut.values()].sort(byPlace).map(({ item }) => item),
  };
}
