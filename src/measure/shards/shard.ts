import { at } from '@shadow-gate/platform';

/** One of `count` machines that share a measurement; `index` counts from 1. */
export interface Shard {
  readonly index: number;
  readonly count: number;
}

/** What is not shared, the first of several machines does, and a single one. */
export const isFirst = (shard: Shard | null | undefined): boolean => !shard || shard.index === 1;

/** More machines than this must be a typo. */
export const MAX_SHARDS = 1000;

export const SHARD_WORDS = `i/n with 1 ≤ i ≤ n ≤ ${MAX_SHARDS}, such as 2/4`;

/** @returns null for a text that is not `i/n` */
export function parseShard(text: string): Shard | null {
  const [, index, count] = /^\s*(\d+)\s*\/\s*(\d+)\s*$/.exec(text) ?? [];
  const shard = { index: Number(index), count: Number(count) };
  return shard.index >= 1 && shard.index <= shard.count && shard.count <= MAX_SHARDS ? shard : null;
}

/**
 * The most expensive job first, each goes to the shard with the least work so far (LPT, Graham 1969: at most a third
 * above the optimum). Every machine gets the same result. Costs ≥ 0 are in any unit.
 * @returns ascending indices of the shard's jobs; all of them without a shard
 */
export function indicesOfShard(costs: readonly number[], shard: Shard | null): number[] {
  if (shard === null) return [...costs.keys()];
  const loads = Array<number>(shard.count).fill(0);
  const own: number[] = [];
  const jobs = costs.map((cost, index) => ({ cost, index })).sort((a, b) => b.cost - a.cost || a.index - b.index);
  for (const { cost, index } of jobs) {
    const least = loads.indexOf(Math.min(...loads));
    loads[least] = at(loads, least) + cost;
    if (least === shard.index - 1) own.push(index);
  }
  return own.sort((a, b) => a - b);
}
