/** One of `count` machines that share a measurement; `index` counts from 1. */
export interface Shard {
  readonly index: number;
  readonly count: number;
}

/** More machines than this is a slip of the keyboard. */
export const MAX_SHARDS = 1000;

export const SHARD_WORDS = `i/n with 1 ≤ i ≤ n ≤ ${MAX_SHARDS}, such as 2/4`;

/** @returns null for what is not `i/n` */
export function parseShard(text: string): Shard | null {
  const [, index, count] = /^\s*(\d+)\s*\/\s*(\d+)\s*$/.exec(text) ?? [];
  const shard = { index: Number(index), count: Number(count) };
  return shard.index >= 1 && shard.index <= shard.count && shard.count <= MAX_SHARDS ? shard : null;
}

/**
 * Which of some things are a shard's: the dearest first, each to the shard that has the least to do so far (LPT, Graham
 * 1969: at most a third above the best). The same on every machine.
 * @param costs in any unit, none below 0
 * @returns their places, ascending; all of them without a shard
 */
export function shareOf(costs: readonly number[], shard: Shard | null): number[] {
  if (shard === null) return costs.map((_, place) => place);
  const loads = Array.from({ length: shard.count }, () => 0);
  const own: number[] = [];
  const order = costs.map((cost, place) => ({ cost, place })).sort((a, b) => b.cost - a.cost || a.place - b.place);
  for (const { cost, place } of order) {
    const least = loads.indexOf(Math.min(...loads));
    loads[least] = (loads[least] ?? 0) + cost;
    if (least === shard.index - 1) own.push(place);
  }
  return own.sort((a, b) => a - b);
}
