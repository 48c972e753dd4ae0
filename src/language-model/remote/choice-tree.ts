import { at } from '../../platform/at.ts';
import type { Sequence, SequenceScore } from '../engine.ts';
import type { NextToken } from './next-token.ts';

/** Sequences with the same context: the choices of an item. */
export interface ChoiceGroup {
  readonly context: readonly number[];
  readonly members: readonly ChoiceMember[];
}

export interface ChoiceMember {
  /** Among all sequences. */
  readonly index: number;
  readonly continuation: readonly number[];
}

/**
 * Group sequences by their context, in the order of the contexts' tokens: those that begin alike follow each other, while the
 * beginning is still in the server's prefix cache.
 */
export function groupByContext(sequences: readonly Sequence[]): ChoiceGroup[] {
  const groups = new Map<string, { readonly context: readonly number[]; readonly members: ChoiceMember[] }>();
  for (const [index, { context, continuation }] of sequences.entries()) {
    const key = context.join();
    const group = groups.get(key) ?? { context, members: [] };
    group.members.push({ index, continuation });
    groups.set(key, group);
  }
  return [...groups.values()].sort((a, b) => compareTokens(a.context, b.context));
}

function compareTokens(a: readonly number[], b: readonly number[]): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const difference = at(a, i) - at(b, i);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

/**
 * The continuations of one context as a tree: what they have in common is asked once. A continuation of one token needs only
 * the root, which is the context itself.
 */
export interface ChoiceTree {
  /** What follows the context at each place where a next token is asked for; the first is empty. */
  readonly prefixes: ReadonlyArray<readonly number[]>;
  /** All tokens that are asked for, at any place. */
  readonly tokens: readonly number[];
}

/** Servers list so many of the most likely tokens by default (vLLM's `--max-logprobs`). */
export const MAX_TREE_TOKENS = 20;

/**
 * @returns null where a tree is of no use: for a single continuation, for more tokens than a server lists, and where it would
 *   take more than twice as many prompts as there are continuations
 */
export function treeOf({ members }: ChoiceGroup): ChoiceTree | null {
  if (members.length < 2) return null;
  const prefixes = new Map<string, readonly number[]>([['', []]]);
  const tokens = new Set<number>();
  for (const { continuation } of members) {
    for (const [i, token] of continuation.entries()) {
      const prefix = continuation.slice(0, i);
      prefixes.set(prefix.join(), prefix);
      tokens.add(token);
    }
  }
  if (tokens.size > MAX_TREE_TOKENS || prefixes.size > 2 * members.length) return null;
  return { prefixes: [...prefixes.values()], tokens: [...tokens].sort((a, b) => a - b) };
}

/**
 * The score of a continuation from the answers at the places of its tree.
 * @returns null if one of its tokens is not among those that the server listed
 */
export function scoreInTree(
  { prefixes }: ChoiceTree,
  answers: readonly NextToken[],
  continuation: readonly number[],
): SequenceScore | null {
  const byPrefix = new Map(prefixes.map((prefix, i) => [prefix.join(), at(answers, i)]));
  const tokenLogprobs: number[] = [];
  let greedy = true;
  for (const [i, token] of continuation.entries()) {
    const answer = byPrefix.get(continuation.slice(0, i).join());
    const logprob = answer?.logprobs.get(token);
    if (answer === undefined || logprob === undefined) return null;
    tokenLogprobs.push(logprob);
    greedy &&= logprob >= answer.best;
  }
  return { tokenLogprobs, greedy };
}
