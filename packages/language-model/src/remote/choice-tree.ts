import { at } from '@shadow-gate/platform';
import type { Sequence, SequenceScore } from '../engine.ts';
import { compareTokens } from '../token-order.ts';
import type { NextToken } from './next-token.ts';

/** Sequences with the same context: the choices of an item. */
export interface ChoiceGroup {
  readonly context: readonly number[];
  readonly members: readonly ChoiceMember[];
}

interface ChoiceMember {
  /** Among all sequences. */
  readonly index: number;
  readonly continuation: readonly number[];
}

/** Sequences grouped by context, in token order: similar beginnings are adjacent, for the server's prefix cache. */
export function groupChoices(sequences: readonly Sequence[]): ChoiceGroup[] {
  const groups = new Map<string, { readonly context: readonly number[]; readonly members: ChoiceMember[] }>();
  for (const [index, { context, continuation }] of sequences.entries()) {
    const key = context.join();
    const group = groups.get(key) ?? { context, members: [] };
    group.members.push({ index, continuation });
    groups.set(key, group);
  }
  return [...groups.values()].sort((a, b) => compareTokens(a.context, b.context));
}

/** The continuations of one context as a tree, from the context itself: common beginnings are asked once. */
export interface ChoiceTree {
  /** The places where a next token is asked for, in parts that are asked together. */
  readonly parts: ReadonlyArray<readonly ChoicePlace[]>;
}

interface ChoicePlace {
  /** Tokens between the context and this place; empty at the root. */
  readonly prefix: readonly number[];
  readonly tokens: readonly number[];
}

/** Servers list this many of the most likely tokens by default (vLLM's `--max-logprobs`). */
const MAX_TREE_TOKENS = 20;
/** And this many of the tokens asked for (vLLM's `MAX_LOGPROB_TOKEN_IDS`). */
const MAX_ASKED_TOKENS = 128;
/** Prompts per request. */
const MAX_PLACES = 64;

/** @returns null if a tree does not pay: one continuation, too many tokens, or over two prompts per continuation */
export function buildChoiceTree({ members }: ChoiceGroup): ChoiceTree | null {
  const places = placesOf(members);
  if (members.length < 2 || places.length > 2 * members.length) return null;
  return choiceTokens(places).length > MAX_TREE_TOKENS ? null : { parts: [places] };
}

/** A tree of any size, in as many parts as needed, for a server that lists whatever is asked for. */
export function buildWholeChoiceTree({ members }: ChoiceGroup): ChoiceTree {
  const parts: ChoicePlace[][] = [];
  for (const place of placesOf(members)) {
    const last = parts.at(-1);
    const fits = last && last.length < MAX_PLACES && choiceTokens([...last, place]).length <= MAX_ASKED_TOKENS;
    if (fits) last.push(place);
    else parts.push([place]);
  }
  return { parts };
}

function placesOf(members: readonly ChoiceMember[]): ChoicePlace[] {
  const places = new Map<string, { readonly prefix: readonly number[]; readonly tokens: Set<number> }>();
  for (const { continuation } of members) {
    for (const [i, token] of continuation.entries()) {
      const prefix = continuation.slice(0, i);
      const place = places.get(prefix.join()) ?? { prefix, tokens: new Set() };
      places.set(prefix.join(), place);
      place.tokens.add(token);
    }
  }
  return [...places.values()].map(({ prefix, tokens }) => ({ prefix, tokens: [...tokens] }));
}

/** All tokens asked for at some places, in ascending order. */
export const choiceTokens = (places: readonly ChoicePlace[]): number[] =>
  [...new Set(places.flatMap(({ tokens }) => tokens))].sort((a, b) => a - b);

/** The score of a continuation from the answers in its tree; null if the server did not list one of its tokens. */
export function scoreInTree(
  { parts }: ChoiceTree,
  answers: readonly NextToken[],
  continuation: readonly number[],
): SequenceScore | null {
  const byPrefix = new Map(parts.flat().map(({ prefix }, i) => [prefix.join(), at(answers, i)]));
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
