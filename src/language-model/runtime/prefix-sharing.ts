import type { Sequence } from '../engine.ts';
import { TokenTree } from './token-tree.ts';

/** Sequences with the same context. */
export interface Group {
  readonly context: readonly number[];
  readonly members: readonly Member[];
  /** Rotary positions of long sequences: these are not mixed with the others. */
  readonly isLong: boolean;
}

export interface Member {
  /** Which of the sequences it is. */
  readonly index: number;
  readonly continuation: readonly number[];
}

/** Groups that begin with the same tokens, which are computed once; empty for a group on its own. */
export interface Cluster {
  readonly prefix: readonly number[];
  readonly groups: readonly Group[];
}

/**
 * Sequences with one context become one group; groups come in lexicographic order.
 * @param isLong for a number of input tokens
 */
export function groupByContext(sequences: readonly Sequence[], isLong: (length: number) => boolean): Group[] {
  const inputs = sequences.map(({ context, continuation }, index) => ({
    index,
    context,
    continuation,
    isLong: isLong(context.length + continuation.length - 1),
  }));
  inputs.sort((a, b) => Number(a.isLong) - Number(b.isLong) || compare(a.context, b.context) || a.index - b.index);
  const groups: (Group & { members: Member[] })[] = [];
  for (const { index, context, continuation, isLong: long } of inputs) {
    const last = groups.at(-1);
    const member = { index, continuation };
    if (last && last.isLong === long && compare(last.context, context) === 0) last.members.push(member);
    else groups.push({ context, members: [member], isLong: long });
  }
  return groups;
}

/** A tree of the inputs of some groups, and where in it the answers are. */
export interface Planted {
  readonly tree: TokenTree;
  /** For each member, the slot before each token of its continuation. */
  readonly answers: readonly { readonly member: Member; readonly slots: readonly number[] }[];
}

/** @param skip tokens at the beginning that were computed before */
export function plant(groups: readonly Group[], skip: number): Planted {
  const tree = new TokenTree();
  const answers = groups.flatMap(({ context, members }) =>
    members.map((member) => {
      const slots = tree.add([...context.slice(skip), ...member.continuation.slice(0, -1)]);
      return { member, slots: slots.slice(context.length - skip - 1) };
    }),
  );
  return { tree, answers };
}

/** Lexicographic order of token sequences. */
function compare(a: readonly number[], b: readonly number[]): number {
  const shared = sharedLength(a, b);
  return (a[shared] ?? -1) - (b[shared] ?? -1);
}

function sharedLength(a: readonly number[], b: readonly number[]): number {
  const most = Math.min(a.length, b.length);
  let length = 0;
  while (length < most && a[length] === b[length]) length += 1;
  return length;
}

/**
 * When a shared beginning is worth a pass of its own. What comes after it goes into one sequence, whose slots are masked
 * from each other: that costs more than sequences side by side, so a BOS token that all share is none.
 */
const MIN_PREFIX = 32;
const MIN_SAVED_SHARE = 0.25;

/**
 * Find beginnings that many groups share, such as the examples of a few-shot prompt: the division of the sorted groups
 * that saves most tokens.
 * @param groups as `groupByContext` sorts them
 */
export function clusterByPrefix(groups: readonly Group[]): Cluster[] {
  const shared = groups.slice(1).map((group, i) => {
    const before = groups[i] as Group;
    return before.isLong === group.isLong ? sharedLength(before.context, group.context) : 0;
  });
  return divide(groups, shared, 0, groups.length).clusters;
}

interface Division {
  readonly saved: number;
  readonly clusters: Cluster[];
}

/**
 * The best division of the groups from `start` to `end`, which all share some tokens: all with one prefix, or parts cut
 * wherever they share least, and what is loose among those with one prefix. Cutting at all such places at once keeps the
 * depth below the length of a context.
 */
function divide(groups: readonly Group[], shared: readonly number[], start: number, end: number): Division {
  const own = groups.slice(start, end);
  if (own.length < 2) return { saved: 0, clusters: own.map(alone) };
  let least = Number.POSITIVE_INFINITY;
  for (let i = start; i < end - 1; i += 1) least = Math.min(least, shared[i] as number);
  let saved = 0;
  const clusters: Cluster[] = [];
  const loose: Group[] = [];
  let from = start;
  for (let i = start; i < end; i += 1) {
    if (i < end - 1 && shared[i] !== least) continue;
    const part = divide(groups, shared, from, i + 1);
    saved += part.saved;
    for (const cluster of part.clusters) {
      if (cluster.prefix.length > 0) clusters.push(cluster);
      else for (const group of cluster.groups) loose.push(group);
    }
    from = i + 1;
  }
  const rest = joined(loose, least) ?? { saved: 0, clusters: loose.map(alone) };
  for (const cluster of rest.clusters) clusters.push(cluster);
  saved += rest.saved;
  const together = joined(own, least);
  return together && together.saved > saved ? together : { saved, clusters };
}

function alone(group: Group): Cluster {
  return { prefix: [], groups: [group] };
}

/** All of them with their first `least` tokens as prefix, or null where that is not worth it. */
function joined(groups: readonly Group[], least: number): Division | null {
  const [first] = groups;
  if (!first || least < MIN_PREFIX) return null;
  // The last token of each context stays outside: its hidden state is wanted.
  let length = least;
  let total = 0;
  for (const { context } of groups) {
    length = Math.min(length, context.length - 1);
    total += context.length;
  }
  const saved = (groups.length - 1) * length;
  if (length < MIN_PREFIX || saved === 0 || saved < MIN_SAVED_SHARE * total) return null;
  return { saved, clusters: [{ prefix: first.context.slice(0, length), groups }] };
}
