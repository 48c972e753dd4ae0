import type { PairedFact, PairedItem } from '../../../src/compare/pairing/paired-item.ts';

export const EVERYTHING = { level: 'fail', has: () => true } as const;

/** The same fact, all of whose forms are of a passage. */
export function of(passage: string | null, own: PairedFact): PairedFact {
  const named = (item: PairedItem) => (passage === null ? item : { ...item, unit: passage });
  const { benchmark, exam, twins } = own;
  return { ...own, benchmark: named(benchmark), exam: named(exam), twins: twins.map(named) };
}

/** Facts in passages of a size, one after another. */
export const inPassages = (all: readonly PairedFact[], size: number) =>
  all.map((own, i) => of(`passage ${Math.floor(i / size)}`, own));
