import { at } from '../../platform/at.ts';
import type { Continuation, OnWork, Prompt } from '../engine.ts';
import type { BackboneSession } from './backbone-session.ts';
import type { BatchBudget } from './batch-budget.ts';
import { rightAlignedBatch } from './batches.ts';
import type { HeadSession } from './head-session.ts';
import { disposeKvCache } from './kv-cache.ts';
import { prefill, runWithKvCache } from './prefill.ts';
import { WITH_KV_CACHE } from './schedule.ts';

export interface DecodingSetup {
  readonly backbone: BackboneSession;
  readonly head: HeadSession;
  readonly budget: BatchBudget;
  readonly isLong: (length: number) => boolean;
  /** Rotary embeddings change when a sequence becomes long: all of it is computed again then. */
  readonly canBecomeLong: boolean;
  readonly onWork?: OnWork | undefined;
}

/** Greedy decoding of many prompts, those of similar length together. Keys and values stay where they were computed. */
export async function decodeGreedily(prompts: readonly Prompt[], setup: DecodingSetup): Promise<Continuation[]> {
  const continuations: Continuation[] = [];
  const queue = prompts.map((prompt, index) => ({ prompt, index }));
  queue.sort((a, b) => b.prompt.tokens.length - a.prompt.tokens.length || a.index - b.index);
  const { onWork } = setup;
  while (queue.length > 0) {
    const done = prompts.length - queue.length;
    const waiting = queue.map(({ prompt }) => prompt);
    const batch = queue.splice(0, batchSize(waiting, setup));
    const decoded = await decodeBatch(
      batch.map(({ prompt }) => prompt),
      { ...setup, onWork: (share) => onWork?.((done + share * batch.length) / prompts.length) },
    );
    for (const [i, { index }] of batch.entries()) continuations[index] = at(decoded, i);
  }
  return continuations;
}

/** Padding before a shorter prompt that costs less than a batch of its own. */
const MAX_PADDING = 64;

/** New tokens that the KV cache has room for at first: most answers end long before their limit. */
const INITIAL_CAPACITY = 128;

/** Sequences that are decoded together: more make a step slower for all. */
const MAX_BATCH = 32;

/** How many of the prompts, longest first, are decoded together. */
function batchSize(prompts: readonly Prompt[], { budget, canBecomeLong }: DecodingSetup): number {
  if (canBecomeLong) return 1;
  const first = at(prompts, 0);
  const longest = first.tokens.length;
  let size = 1;
  let total = longest + first.maxNewTokens;
  for (const { tokens, maxNewTokens } of prompts.slice(1)) {
    total = Math.max(total, longest + maxNewTokens);
    const isSimilar = longest - tokens.length <= MAX_PADDING || 2 * tokens.length >= longest;
    if (size >= MAX_BATCH || !isSimilar || !budget.fits(size + 1, 1, total, WITH_KV_CACHE)) break;
    size += 1;
  }
  return size;
}

async function decodeBatch(prompts: readonly Prompt[], setup: DecodingSetup): Promise<Continuation[]> {
  const { backbone, head, budget, canBecomeLong } = setup;
  const sequences = prompts.map(
    (prompt): DecodedSequence => ({ prompt, tokens: [], finish: prompt.maxNewTokens > 0 ? null : 'length' }),
  );
  const longest = Math.max(...prompts.map(({ tokens }) => tokens.length));
  const padding = prompts.map(({ tokens }) => longest - tokens.length);
  const maxLength = longest + Math.max(...prompts.map(({ maxNewTokens }) => maxNewTokens));
  const padded = prompts.map(({ tokens }, b) => [...Array<number>(at(padding, b)).fill(0), ...tokens]);
  let isLong = setup.isLong(longest);
  const begin = (tokens: readonly (readonly number[])[]) =>
    prefill(backbone, budget, tokens, { isLong, padding, capacity: Math.min(maxLength, longest + INITIAL_CAPACITY) });
  let state = await begin(padded);
  try {
    for (;;) {
      const best = await head.best(state.hidden);
      for (const [b, sequence] of sequences.entries()) {
        if (sequence.finish === null) appendToken(sequence, at(best, b));
      }
      setup.onWork?.(sequences.reduce((sum, sequence) => sum + shareOf(sequence), 0) / sequences.length);
      if (sequences.every(({ finish }) => finish !== null)) break;
      const first = at(sequences, 0);
      if (canBecomeLong && setup.isLong(longest + first.tokens.length) !== isLong) {
        isLong = !isLong;
        disposeKvCache(state.kvCache);
        state = await begin([[...first.prompt.tokens, ...first.tokens]]);
      } else {
        const kvCache = backbone.growKvCache(state.kvCache, maxLength);
        const next = best.map((token) => [token]);
        state = await runWithKvCache(backbone, rightAlignedBatch(next, { padding, kvCache, isLong }));
      }
    }
  } finally {
    disposeKvCache(state.kvCache);
  }
  return sequences.map(({ tokens, finish }) => ({ tokens, finish: finish ?? 'length' }));
}

/** Most sequences end long before their limit: their share then jumps to 1. */
function shareOf({ prompt, tokens, finish }: DecodedSequence): number {
  return finish === null ? tokens.length / prompt.maxNewTokens : 1;
}

interface DecodedSequence {
  readonly prompt: Prompt;
  readonly tokens: number[];
  finish: Continuation['finish'] | null;
}

function appendToken(sequence: DecodedSequence, token: number): void {
  const { prompt, tokens } = sequence;
  tokens.push(token);
  if (prompt.stopTokens.has(token) || prompt.isDone?.(tokens)) sequence.finish = 'stop';
  else if (tokens.length >= prompt.maxNewTokens) sequence.finish = 'length';
}
