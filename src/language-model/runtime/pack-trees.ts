import type { ContextGroup } from './prefix-sharing.ts';
import type { GrownTree } from './tree-growth.ts';

/** One pass: trees side by side, each a list of context groups. */
export interface BatchStep {
  readonly kind: 'batch';
  readonly trees: readonly (readonly ContextGroup[])[];
  readonly isLong: boolean;
}

/** Tokens whose computation takes as long as reading the weights for them: what a pass costs beside its own tokens. */
const TOKENS_OF_A_PASS = 48;

/** A tree that is smaller than this share of the longest one in a batch begins another batch: each is tried. */
const LEAST_SHARES = [0, 0.5, 0.7, 0.85];

/**
 * Trees side by side as batches, longest first: each row of a batch is as long as the longest one, and has as many trees as find room in
 * it. Of several ways to cut the batches, the one that computes least.
 * @param fits can so many rows of so many slots be computed together?
 */
export function packTrees(
  trees: readonly GrownTree[],
  fits: (rows: number, length: number) => boolean,
  { joinsTrees }: { readonly joinsTrees: boolean },
): BatchStep[] {
  const sorted = [...trees].sort((a, b) => Number(isLong(b)) - Number(isLong(a)) || b.size - a.size);
  const plans = LEAST_SHARES.map((share) => pack(sorted, { fits, joinsTrees, share }));
  const cheapest = plans.reduce((best, plan) => (costOf(plan) < costOf(best) ? plan : best));
  return cheapest.map(({ rows, isLong }) => ({ kind: 'batch', trees: rows.map(({ groups }) => groups), isLong }));
}

interface Batch {
  readonly isLong: boolean;
  readonly length: number;
  readonly rows: { groups: ContextGroup[]; size: number }[];
}

function pack(
  sorted: readonly GrownTree[],
  {
    fits,
    joinsTrees,
    share,
  }: {
    readonly fits: (rows: number, length: number) => boolean;
    readonly joinsTrees: boolean;
    readonly share: number;
  },
): Batch[] {
  const batches: Batch[] = [];
  for (const tree of sorted) {
    const { groups, size } = tree;
    const last = batches.at(-1);
    const isAlike = last?.isLong === isLong(tree) && size >= share * last.length;
    const room = last && isAlike && joinsTrees ? last.rows.find((row) => row.size + size <= last.length) : undefined;
    if (room) {
      room.groups.push(...groups);
      room.size += size;
    } else if (last && isAlike && fits(last.rows.length + 1, last.length)) {
      last.rows.push({ groups: [...groups], size });
    } else batches.push({ isLong: isLong(tree), length: size, rows: [{ groups: [...groups], size }] });
  }
  return batches;
}

const costOf = (batches: readonly Batch[]): number =>
  batches.reduce((sum, { rows, length }) => sum + rows.length * length + TOKENS_OF_A_PASS, 0);

const isLong = ({ groups }: GrownTree): boolean => groups.some((group) => group.isLong);
