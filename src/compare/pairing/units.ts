import { groupBy } from '@shadow-gate/platform';
import type { PairedFact, PairedItem } from './paired-item.ts';

/**
 * Members that share a passage are one unit of every test and interval, since they rise and fall together; any other
 * member is a unit of its own. In their order.
 */
export function unitsOf<T>(members: readonly T[], passageOf: (member: T) => string | undefined): T[][] {
  const keyed = members.map((member, i) => {
    const passage = passageOf(member);
    return { member, key: passage === undefined ? String(i) : JSON.stringify(passage) };
  });
  return [...groupBy(keyed, ({ key }) => key).values()].map((own) => own.map(({ member }) => member));
}

export function unitsOfFacts<T extends Pick<PairedFact, 'benchmark'>>(facts: readonly T[]): T[][] {
  return unitsOf(facts, ({ benchmark }) => benchmark.passage);
}

export function unitsOfItems(items: readonly PairedItem[]): PairedItem[][] {
  return unitsOf(items, ({ passage }) => passage);
}

/** The same of the answers of facts, each by the passage of its first one. */
export function unitsOfMembers(
  members: ReadonlyArray<readonly PairedItem[]>,
): Array<ReadonlyArray<readonly PairedItem[]>> {
  return unitsOf(members, ([first]) => first?.passage);
}

/**
 * A sum for each unit: a test that flips the signs of units is exact whatever the answers to one passage have in
 * common.
 */
export function sumsOfUnits(facts: readonly PairedFact[], numberOf: (fact: PairedFact) => number): number[] {
  return unitsOfFacts(facts).map((own) => own.reduce((sum, fact) => sum + numberOf(fact), 0));
}

/** What a row says of the units of its answers: nothing where none names a passage. */
export function unitsIn(items: readonly PairedItem[]): { readonly units?: number } {
  if (items.every(({ passage }) => passage === undefined)) return {};
  return { units: new Set(items.map(({ passage, fact }) => JSON.stringify([passage ?? null, passage ?? fact]))).size };
}
