import { at } from '@shadow-gate/platform';
import type { Sequence } from '../engine.ts';
import { compareTokens, sharedLength } from '../token-order.ts';
import { TokenTree } from './token-tree.ts';

/**
 * The requests of an evaluation repeat tokens: the choices of a question share its text, and the questions of a
 * few-shot benchmark share their examples. This file arranges the sequences of a call so that shared tokens are
 * computed once. Sequences with one context form a `ContextGroup`; context groups that begin with the same tokens form
 * a `PrefixGroup`; and the inputs of some context groups become the branches of a `PromptTree`, which runs as one
 * sequence under a tree-shaped attention mask.
 */

export interface ContextGroup {
  readonly context: readonly number[];
  readonly members: readonly GroupMember[];
  /** Long sequences have their own rotary embeddings, and are not mixed with others. */
  readonly isLong: boolean;
}

interface GroupMember extends Omit<Sequence, 'context'> {
  /** Index of the sequence. */
  readonly index: number;
}

/** Context groups that begin with the same tokens; the prefix is empty for a group that shares none. */
export interface PrefixGroup {
  readonly prefix: readonly number[];
  readonly groups: readonly ContextGroup[];
}

/** Group sequences by context, in lexicographic order. @param isLong for a number of input tokens */
export function groupByContext(sequences: readonly Sequence[], isLong: (length: number) => boolean): ContextGroup[] {
  const inputs = sequences.map((sequence, index) => ({
    ...sequence,
    index,
    isLong: isLong(sequence.context.length + sequence.continuation.length - 1),
  }));
  inputs.sort(
    (a, b) => Number(a.isLong) - Number(b.isLong) || compareTokens(a.context, b.context) || a.index - b.index,
  );
  const groups: (ContextGroup & { members: GroupMember[] })[] = [];
  for (const { context, isLong: long, ...member } of inputs) {
    const last = groups.at(-1);
    if (last && last.isLong === long && compareTokens(last.context, context) === 0) last.members.push(member);
    else groups.push({ context, members: [member], isLong: long });
  }
  return groups;
}

/** The inputs of some context groups as one tree, and the slots that predict their continuations. */
export interface PromptTree {
  readonly tree: TokenTree;
  /** For each member, the slot before each token of its continuation. */
  readonly predictors: readonly { readonly member: GroupMember; readonly slots: readonly number[] }[];
}

/** @param skip tokens at the beginning that already have keys and values in the KV cache */
export function buildPromptTree(groups: readonly ContextGroup[], skip: number): PromptTree {
  const tree = new TokenTree();
  const predictors = groups.flatMap(({ context, members }) =>
    members.map((member) => {
      const slots = tree.add([...context.slice(skip), ...member.continuation.slice(0, -1)]);
      return { member, slots: slots.slice(context.length - skip - 1) };
    }),
  );
  return { tree, predictors };
}

/**
 * Limits for a shared prefix to be worth its own batch: its continuations become one sequence with masked branches,
 * which costs more than sequences side by side. A BOS token alone is not worth it.
 */
const MIN_PREFIX = 32;
const MIN_SAVED_SHARE = 0.25;

/** Find shared prefixes, such as few-shot examples, that save the most tokens. @param groups of `groupByContext` */
export function groupByPrefix(groups: readonly ContextGroup[]): PrefixGroup[] {
  const shared = groups.slice(1).map((group, i) => {
    const before = at(groups, i);
    return before.isLong === group.isLong ? sharedLength(before.context, group.context) : 0;
  });
  return partition(groups, shared, 0, groups.length).prefixGroups;
}

interface Partition {
  /** Tokens that are not recomputed. */
  readonly saved: number;
  readonly prefixGroups: PrefixGroup[];
}

/**
 * The best partition of the groups from `start` to `end`, which all share some tokens: all with one prefix, or cut
 * wherever neighbors share least, with groups that find no prefix of their own joined under the common one. Cutting at
 * all such places at once keeps the recursion shallower than the length of a context.
 * @param shared number of tokens that group i + 1 shares with group i
 */
function partition(groups: readonly ContextGroup[], shared: readonly number[], start: number, end: number): Partition {
  const own = groups.slice(start, end);
  if (own.length < 2) return { saved: 0, prefixGroups: own.map(withoutPrefix) };
  const least = shared.slice(start, end - 1).reduce((smallest, length) => Math.min(smallest, length), Infinity);
  let saved = 0;
  const prefixGroups: PrefixGroup[] = [];
  const loose: ContextGroup[] = [];
  let from = start;
  for (let i = start; i < end; i += 1) {
    if (i < end - 1 && shared[i] !== least) continue;
    const piece = partition(groups, shared, from, i + 1);
    saved += piece.saved;
    for (const group of piece.prefixGroups) {
      if (group.prefix.length > 0) prefixGroups.push(group);
      else loose.push(...group.groups);
    }
    from = i + 1;
  }
  const rest = withPrefix(loose, least) ?? { saved: 0, prefixGroups: loose.map(withoutPrefix) };
  for (const group of rest.prefixGroups) prefixGroups.push(group);
  saved += rest.saved;
  const together = withPrefix(own, least);
  return together && together.saved > saved ? together : { saved, prefixGroups };
}

function withoutPrefix(group: ContextGroup): PrefixGroup {
  return { prefix: [], groups: [group] };
}

/** All groups with their first `least` tokens as prefix; null if that is not worth it. */
function withPrefix(groups: readonly ContextGroup[], least: number): Partition | null {
  const [first] = groups;
  if (!first || least < MIN_PREFIX) return null;
  // The last token of each context stays outside of the prefix: its hidden state is needed.
  const length = groups.reduce((smallest, { context }) => Math.min(smallest, context.length - 1), least);
  const total = groups.reduce((sum, { context }) => sum + context.length, 0);
  const saved = (groups.length - 1) * length;
  if (length < MIN_PREFIX || saved === 0 || saved < MIN_SAVED_SHARE * total) return null;
  return { saved, prefixGroups: [{ prefix: first.context.slice(0, length), groups }] };
}
