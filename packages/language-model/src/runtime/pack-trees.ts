import type { ContextGroup } from './prefix-sharing.ts';
import type { GrownTree } from './tree-growth.ts';

/** One pass: trees side by side, each a list of context groups. */
export interface BatchStep {
  readonly kind: 'batch';
  readonly trees: readonly (readonly ContextGroup[])[];
  readonly isLong: boolean;
}

/** Cost of reading the weights for a pass, as the number of tokens that take as long to compute. */
const TOKENS_OF_A_PASS = 48;

/** With this many slots in a row, attention takes as long as the rest: about right for a small model. */
const SLOTS_OF_ATTENTION = 4096;

/** A tree smaller than this share of a batch's longest one begins another batch: each share is tried. */
const LEAST_SHARES = [0, 0.5, 0.7, 0.85];

/** Slots of a row for several trees, more for a longer tree: each is tried. */
const ROOMS = [0, 256, 384, 512];

type Fits = (rows: number, length: number) => boolean;

/**
 * Trees side by side as batches, longest first. A row of a batch holds as many trees as fit, and is as long as the
 * longest tree. The cheapest way to cut the batches wins.
 * @param fits can this many rows of this many slots be computed together?
 */
export function packTrees(
  trees: readonly GrownTree[],
  fits: Fits,
  { joinsTrees }: { readonly joinsTrees: boolean },
): BatchStep[] {
  const sorted = [...trees].sort((a, b) => Number(isLong(b)) - Number(isLong(a)) || b.size - a.size);
  const rooms = joinsTrees ? ROOMS : [null];
  const plans = rooms.flatMap((room) => LEAST_SHARES.map((share) => pack(sorted, fits, share, room)));
  const cheapest = plans.reduce((best, plan) => (costOf(plan) < costOf(best) ? plan : best));
  return cheapest.map(({ rows, isLong }) => ({ kind: 'batch', trees: rows.map(({ groups }) => groups), isLong }));
}

interface Batch {
  readonly isLong: boolean;
  readonly longestTree: number;
  /** Most slots in a row. */
  readonly room: number;
  readonly rows: { groups: ContextGroup[]; size: number }[];
}

/** @param room null: one tree per row */
function pack(sorted: readonly GrownTree[], fits: Fits, share: number, room: number | null): Batch[] {
  const batches: Batch[] = [];
  for (const tree of sorted) {
    const { groups, size } = tree;
    const last = batches.at(-1);
    const isAlike = last?.isLong === isLong(tree) && size >= share * last.longestTree;
    const row = isAlike && room !== null ? last?.rows.find((other) => other.size + size <= last.room) : undefined;
    if (row) {
      row.groups.push(...groups);
      row.size += size;
    } else if (last && isAlike && fits(last.rows.length + 1, last.room)) {
      last.rows.push({ groups: [...groups], size });
    } else {
      const most = Math.max(size, room !== null && fits(1, room) ? room : 0);
      batches.push({ isLong: isLong(tree), longestTree: size, room: most, rows: [{ groups: [...groups], size }] });
    }
  }
  return batches;
}

function costOf(batches: readonly Batch[]): number {
  return batches.reduce((sum, { rows }) => {
    const length = rows.reduce((longest, { size }) => Math.max(longest, size), 0);
    return sum + rows.length * length * (1 + length / SLOTS_OF_ATTENTION) + TOKENS_OF_A_PASS;
  }, 0);
}

const isLong = ({ groups }: GrownTree): boolean => groups.some((group) => group.isLong);
