import { at } from '@shadow-gate/platform';
import { type ContextGroup, compareTokens, sharedLength } from './prefix-sharing.ts';

/**
 * Context groups that begin alike, as trees that are computed side by side in one batch. Each tree has the tokens that
 * its groups share once. A short beginning that is shared by more groups than go into a tree is computed again in each:
 * that takes less time than a pass of its own for it, and trees after it one by one, each of which reads all weights.
 */
export interface GrownTree {
  readonly groups: readonly ContextGroup[];
  /** Its slots, at most. */
  readonly size: number;
}

/** Slots of a tree: all of them are multiplied with all of them, seen or not. */
export const TREE_SLOTS = 512;

/** The same of a tree whose groups share most of it. */
const MOST_TREE_SLOTS = 1024;

/** A longer beginning is not worth to be computed in each of several trees. */
const MOST_REPEATED = 128;

/** The share of its tokens that a group has in common with its neighbor in a tree. */
const LEAST_SHARED = 0.25;

/** Are groups that share a prefix better computed in trees that each have it, than after it? */
export function growsTrees(prefix: number, groups: readonly ContextGroup[]): boolean {
  return prefix <= MOST_REPEATED || treeSize(groups, 0) <= slotsFor(prefix);
}

/**
 * Trees of groups with similar beginnings, of about the same size; groups that share nothing with their neighbors are
 * trees of their own.
 * @param fits can a tree of so many slots be computed?
 */
export function growTrees(groups: readonly ContextGroup[], fits: (size: number) => boolean): GrownTree[] {
  const sorted = [...groups].sort((a, b) => Number(a.isLong) - Number(b.isLong) || compareTokens(a.context, b.context));
  return runsOf(sorted).flatMap((run) => cutRun(run, fits));
}

/** Slots of the groups in one tree, at most, without the first `skip` tokens: what neighbors share counts once. */
export function treeSize(groups: readonly ContextGroup[], skip: number): number {
  return groups.reduce((size, group, i) => size + sizeAfter(group, Math.max(skip, sharedBefore(groups, i))), 0);
}

/** Number of slots at most: branches that begin with the same tokens share some. */
export function sizeAfter({ context, members }: ContextGroup, skip: number): number {
  return members.reduce((size, { continuation }) => size + continuation.length - 1, context.length - skip);
}

function sharedBefore(groups: readonly ContextGroup[], i: number): number {
  return i === 0 ? 0 : sharedLength(at(groups, i - 1).context, at(groups, i).context);
}

const slotsFor = (shared: number): number => Math.min(MOST_TREE_SLOTS, Math.max(TREE_SLOTS, 2 * shared));

/** Neighbors that each share enough with the one before. */
function runsOf(groups: readonly ContextGroup[]): ContextGroup[][] {
  const runs: ContextGroup[][] = [];
  for (const [i, group] of groups.entries()) {
    const last = runs.at(-1);
    const isAlike = last?.[0]?.isLong === group.isLong;
    if (last && isAlike && sharedBefore(groups, i) >= LEAST_SHARED * sizeAfter(group, 0)) last.push(group);
    else runs.push([group]);
  }
  return runs;
}

/** As few trees as the slots allow, of about the same size. */
function cutRun(run: readonly ContextGroup[], fits: (size: number) => boolean): GrownTree[] {
  const shared = run.reduce((least, _, i) => (i === 0 ? least : Math.min(least, sharedBefore(run, i))), Infinity);
  const most = run.length === 1 ? 0 : slotsFor(shared);
  const after = treeSize(run, 0) - (run.length === 1 ? 0 : shared);
  const count = Math.ceil(after / Math.max(1, most - shared));
  const target = run.length === 1 ? 0 : shared + after / count;
  const trees: { groups: ContextGroup[]; size: number }[] = [];
  for (const [i, group] of run.entries()) {
    const last = trees.at(-1);
    const added = sizeAfter(group, sharedBefore(run, i));
    const size = (last?.size ?? 0) + added;
    // The one that crosses the target goes where it leaves it by less.
    if (last && size - added / 2 <= target && size <= most && fits(size)) {
      last.groups.push(group);
      last.size = size;
    } else trees.push({ groups: [group], size: sizeAfter(group, 0) });
  }
  return trees;
}
