import { at } from '@shadow-gate/platform';
import { compareTokens, sharedLength } from '../token-order.ts';
import type { ContextGroup } from './prefix-sharing.ts';

/**
 * Context groups with similar beginnings, as trees that are computed side by side in one batch. A tree has tokens that
 * its groups share only once. A short beginning shared by more groups than fit into a tree is recomputed in each: that
 * takes less time than its own pass followed by trees one by one, each of which reads all weights.
 */
export interface GrownTree {
  readonly groups: readonly ContextGroup[];
  /** Most slots that it has. */
  readonly size: number;
}

/** Slots of a tree. All pairs of slots are multiplied, seen or not. */
export const TREE_SLOTS = 512;

/** Slots of a tree with groups that share most of it. */
const MOST_TREE_SLOTS = 1024;

/** Longest beginning that is worth recomputing in several trees. */
const MOST_REPEATED = 128;

/** Least share of its tokens that a group has in common with its neighbor in a tree. */
const LEAST_SHARED = 0.25;

/** Are groups with a shared prefix better computed in trees that each contain it, than after it? */
export function growsTrees(prefix: number, groups: readonly ContextGroup[]): boolean {
  return prefix <= MOST_REPEATED || treeSize(groups, 0) <= slotsFor(prefix);
}

/** Trees of similar groups, of about the same size. @param fits can a tree with this many slots be computed? */
export function growTrees(groups: readonly ContextGroup[], fits: (size: number) => boolean): GrownTree[] {
  const sorted = [...groups].sort((a, b) => Number(a.isLong) - Number(b.isLong) || compareTokens(a.context, b.context));
  return runsOf(sorted).flatMap((run) => cutRun(run, fits));
}

/** Most slots of the groups in one tree, without the first `skip` tokens: tokens that neighbors share count once. */
export function treeSize(groups: readonly ContextGroup[], skip: number): number {
  return groups.reduce((size, group, i) => size + sizeAfter(group, Math.max(skip, sharedBefore(groups, i))), 0);
}

/** Most slots of one group: branches that begin with the same tokens share some. */
export function sizeAfter({ context, members }: ContextGroup, skip: number): number {
  return members.reduce((size, { continuation }) => size + continuation.length - 1, context.length - skip);
}

function sharedBefore(groups: readonly ContextGroup[], i: number): number {
  return i === 0 ? 0 : sharedLength(at(groups, i - 1).context, at(groups, i).context);
}

const slotsFor = (shared: number): number => Math.min(MOST_TREE_SLOTS, Math.max(TREE_SLOTS, 2 * shared));

/** Runs of neighbors that each share enough with the one before. */
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
    // The group that crosses the target goes where it misses it by less.
    if (last && size - added / 2 <= target && size <= most && fits(size)) {
      last.groups.push(group);
      last.size = size;
    } else trees.push({ groups: [group], size: sizeAfter(group, 0) });
  }
  return trees;
}
