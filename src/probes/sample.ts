import { groupBy } from '../platform/group-by.ts';
import type { ProbeItem } from './item.ts';
import { Random } from './random.ts';

/** A benchmark-form item and its twins. */
export type Fact = readonly ProbeItem[];

/**
 * All facts of some items, in an order in which every beginning is a stratified sample: one fact of each stratum
 * (family, level and templates of the twins), then the next of each, and so on. The order within a stratum is random but
 * depends only on the seed, so a larger budget runs everything that a smaller one runs.
 */
export function stratifiedSample(items: readonly ProbeItem[], seed: number): Fact[] {
  const facts = [...groupBy(items, ({ fact }) => fact).values()];
  const strata = [...groupBy(facts, stratumOf).entries()]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, members]) => new Random(seed, `subset ${name}`).shuffle(members));
  const rounds = Math.max(0, ...strata.map(({ length }) => length));
  return Array.from({ length: rounds }, (_, round) =>
    strata.flatMap((stratum) => stratum.slice(round, round + 1)),
  ).flat();
}

function stratumOf(fact: Fact): string {
  const names = fact.map(({ family, level, cluster }) => [family, ...(level === undefined ? [] : [level]), cluster]);
  return JSON.stringify([...new Set(names.map((parts) => parts.join(' ')))].sort());
}
