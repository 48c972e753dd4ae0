import type { PairedFact, PairedGroup } from './paired-item.ts';

/**
 * The items of groups, each as a fact of its own: what is lost on them is lost on twins, and a family at chance is one
 * here too. They have no link to a benchmark form, so they stand in for their own.
 */
function factsOfGroups(groups: readonly PairedGroup[]): PairedFact[] {
  return groups.flatMap(({ items }) =>
    items.map((item) => ({ benchmark: item, twins: [item], exam: item, text: null, permuted: [], robustness: [] })),
  );
}

/** Everything that has a twin or is one: what the tests of twins are about. */
export function factsWithTwins(facts: readonly PairedFact[], groups: readonly PairedGroup[]): PairedFact[] {
  return [...facts.filter(({ twins }) => twins.length > 0), ...factsOfGroups(groups)];
}

/** Facts whose only twins are those of a group, for what is asked of benchmark forms: each stands in for its twin. */
export function benchmarksAlone(facts: readonly PairedFact[]): PairedFact[] {
  return facts.filter(({ twins }) => twins.length === 0).map((fact) => ({ ...fact, twins: [fact.benchmark] }));
}
