import type { PairedFact, PairedGroup, PairedItem } from './paired-item.ts';

/** An item without a link to others, as a fact: its own twin, and its own benchmark form. */
export function standingAlone(item: PairedItem): PairedFact {
  return { benchmark: item, twins: [item], exam: item, text: null, permuted: [], robustness: [] };
}

export function factsWithTwins(facts: readonly PairedFact[], groups: readonly PairedGroup[]): PairedFact[] {
  const items = groups.flatMap((group) => group.items);
  return [...facts.filter(({ twins }) => twins.length > 0), ...items.map(standingAlone)];
}

/** Facts whose only twins are those of a group, for questions about benchmark forms: each stands in for its twin. */
export function benchmarksAlone(facts: readonly PairedFact[]): PairedFact[] {
  return facts.filter(({ twins }) => twins.length === 0).map((fact) => ({ ...fact, twins: [fact.benchmark] }));
}

/** Each fact with the form that a gain is measured on: where letters were memorized, that of the exam. */
export function asGained(facts: readonly PairedFact[], memorized: ReadonlySet<string>): PairedFact[] {
  return facts.map((fact) => (memorized.has(fact.exam.suite) ? { ...fact, benchmark: fact.exam } : fact));
}
