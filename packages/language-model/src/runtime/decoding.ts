import { at } from '@shadow-gate/platform';
import type { Continuation, OnWork, Prompt } from '../engine.ts';
import type { Backbone } from './backbone-runs.ts';
import type { BatchBudget } from './batch-budget.ts';
import { rightAlignedBatch } from './batches.ts';
import { type TokenDraw, tokenDraws } from './draw-token.ts';
import { prefill, runWithKvCache } from './prefill.ts';
import { WITH_KV_CACHE } from './schedule.ts';

export interface DecodingSetup<H> {
  readonly backbone: Backbone<H>;
  /** The next token of each row: a drawn one, or the most likely one. */
  readonly head: { next(hidden: H, draws: ReadonlyArray<TokenDraw | null>): Promise<readonly number[]> };
  readonly budget: BatchBudget;
  readonly isLong: (length: number) => boolean;
  /** Rotary embeddings change when a sequence becomes long: then all of it is recomputed. */
  readonly canBecomeLong: boolean;
  readonly onWork?: OnWork | undefined;
}

/** Decoding of many prompts, similar lengths together. Keys and values stay where they were computed. */
export async function decodeInTurn<H>(prompts: readonly Prompt[], setup: DecodingSetup<H>): Promise<Continuation[]> {
  const batches = decodingBatches(prompts, setup);
  const decoded: Continuation[][] = [];
  let done = 0;
  for (const batch of batches) {
    const onWork = (share: number) => setup.onWork?.((done + share * batch.length) / prompts.length);
    decoded.push(await decodeBatch(promptsOf(batch), { ...setup, onWork }));
    done += batch.length;
  }
  return inOrder(batches, decoded);
}

/** Decoding of all batches together, step by step. */
export async function decodeTogether<H>(
  prompts: readonly Prompt[],
  setup: Omit<DecodingSetup<H>, 'onWork'> & {
    /** Receives the least share of new tokens among the batches. */
    readonly onWork?: OnWork | undefined;
    /** Called before a batch begins, and after it has ended. */
    readonly onBegin: () => void;
    readonly onEnd: () => void;
  },
): Promise<Continuation[]> {
  const batches = decodingBatches(prompts, setup);
  const shares = batches.map(() => 0);
  const decode = (batch: DecodingBatch, index: number) => {
    const onWork = (share: number) => {
      shares[index] = share;
      setup.onWork?.(Math.min(...shares));
    };
    return decodeBatch(promptsOf(batch), { ...setup, onWork }).finally(setup.onEnd);
  };
  for (const _ of batches) setup.onBegin();
  return inOrder(batches, await Promise.all(batches.map(decode)));
}

type BatchLimits = Pick<DecodingSetup<unknown>, 'budget' | 'canBecomeLong'>;

type DecodingBatch = ReadonlyArray<{ readonly prompt: Prompt; readonly index: number }>;

const promptsOf = (batch: DecodingBatch): Prompt[] => batch.map(({ prompt }) => prompt);

/** Longest first. */
function decodingBatches(prompts: readonly Prompt[], setup: BatchLimits): DecodingBatch[] {
  const queue = prompts.map((prompt, index) => ({ prompt, index }));
  queue.sort((a, b) => b.prompt.tokens.length - a.prompt.tokens.length || a.index - b.index);
  const batches: DecodingBatch[] = [];
  while (queue.length > 0) batches.push(queue.splice(0, batchSize(promptsOf(queue), setup)));
  return batches;
}

function inOrder(batches: readonly DecodingBatch[], decoded: readonly (readonly Continuation[])[]): Continuation[] {
  const continuations: Continuation[] = [];
  for (const [b, batch] of batches.entries()) {
    for (const [i, { index }] of batch.entries()) continuations[index] = at(at(decoded, b), i);
  }
  return continuations;
}

/** Padding before a shorter prompt that costs less than its own batch. */
const MAX_PADDING = 64;

/** New tokens that the KV cache has room for at first: most answers end long before their limit. */
const INITIAL_CAPACITY = 128;

/** Most sequences decoded together: more slow each step down. */
const MAX_BATCH = 32;

function batchSize(prompts: readonly Prompt[], { budget, canBecomeLong }: BatchLimits): number {
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

async function decodeBatch<H>(prompts: readonly Prompt[], setup: DecodingSetup<H>): Promise<Continuation[]> {
  const { backbone, head, budget, canBecomeLong } = setup;
  const sequences = prompts.map((prompt): DecodedSequence => {
    const draw = prompt.sampling ? tokenDraws(prompt.sampling) : null;
    return { prompt, tokens: [], finish: prompt.maxNewTokens > 0 ? null : 'length', draw };
  });
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
      const draws = sequences.map(({ draw, finish }) => (finish === null && draw ? draw() : null));
      const chosen = await head.next(state.hidden, draws);
      for (const [b, sequence] of sequences.entries()) {
        if (sequence.finish === null) appendToken(sequence, at(chosen, b));
      }
      // Most sequences end long before their limit: then their share jumps to 1.
      const shares = sequences.map((own) => (own.finish === null ? own.tokens.length / own.prompt.maxNewTokens : 1));
      setup.onWork?.(shares.reduce((sum, share) => sum + share, 0) / shares.length);
      if (sequences.every(({ finish }) => finish !== null)) break;
      const first = at(sequences, 0);
      if (canBecomeLong && setup.isLong(longest + first.tokens.length) !== isLong) {
        isLong = !isLong;
        backbone.releaseKvCache(state.kvCache);
        state = await begin([[...first.prompt.tokens, ...first.tokens]]);
      } else {
        const kvCache = backbone.growKvCache(state.kvCache, maxLength);
        const next = chosen.map((token) => [token]);
        state = await runWithKvCache(backbone, rightAlignedBatch(next, { padding, kvCache, isLong }));
      }
    }
  } finally {
    backbone.releaseKvCache(state.kvCache);
  }
  return sequences.map(({ tokens, finish }) => ({ tokens, finish: finish ?? 'length' }));
}

interface DecodedSequence {
  readonly prompt: Prompt;
  readonly tokens: number[];
  /** Null: greedy. */
  readonly draw: (() => TokenDraw) | null;
  finish: Continuation['finish'] | null;
}

function appendToken(sequence: DecodedSequence, token: number): void {
  const { prompt, tokens } = sequence;
  tokens.push(token);
  if (prompt.stopTokens.has(token) || prompt.isDone?.(tokens)) sequence.finish = 'stop';
  else if (tokens.length >= prompt.maxNewTokens) sequence.finish = 'length';
}
