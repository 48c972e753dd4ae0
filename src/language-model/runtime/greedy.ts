import type { Continuation, Prompt } from '../engine.ts';
import { forget, type TrunkRunner } from './backbone-session.ts';
import type { BatchBudget } from './batch-budget.ts';
import { alignedPass } from './batches.ts';
import type { HeadRunner } from './head-session.ts';
import { extend, prefill } from './prefill.ts';
import { KEEPING } from './schedule.ts';

export interface Machinery {
  readonly trunk: TrunkRunner;
  readonly head: HeadRunner;
  readonly budget: BatchBudget;
  readonly isLong: (length: number) => boolean;
  /** Rotary positions change when a sequence grows long: all of it is computed again then. */
  readonly canBeLong: boolean;
}

/** Greedy decoding of many prompts, those of alike length together. Keys and values stay where they were computed. */
export async function decodeGreedily(prompts: readonly Prompt[], machinery: Machinery): Promise<Continuation[]> {
  const answers: Continuation[] = [];
  const order = prompts.map((prompt, index) => ({ prompt, index }));
  order.sort((a, b) => b.prompt.tokens.length - a.prompt.tokens.length || a.index - b.index);
  while (order.length > 0) {
    const batch = order.splice(
      0,
      batchSize(
        order.map(({ prompt }) => prompt),
        machinery,
      ),
    );
    const done = await decodeBatch(
      batch.map(({ prompt }) => prompt),
      machinery,
    );
    batch.forEach(({ index }, i) => {
      answers[index] = done[i] as Continuation;
    });
  }
  return answers;
}

/** Filling in front of a shorter prompt that costs less than a pass of its own. */
const MOST_FILLING = 64;

/** Tokens that there is room for at first: most answers end long before their limit. */
const ROOM_AT_FIRST = 128;

/** Sequences that are decoded together: more make a step slower for all. */
const MAX_TOGETHER = 32;

/** How many of the prompts, longest first, are decoded together. */
function batchSize(prompts: readonly Prompt[], { budget, canBeLong }: Machinery): number {
  if (canBeLong) return 1;
  const longest = prompts[0]?.tokens.length ?? 0;
  let size = 1;
  let total = longest + (prompts[0]?.maxNewTokens ?? 0);
  while (size < prompts.length) {
    total = Math.max(total, longest + (prompts[size]?.maxNewTokens ?? 0));
    const length = prompts[size]?.tokens.length ?? 0;
    const isAlike = longest - length <= MOST_FILLING || 2 * length >= longest;
    if (size >= MAX_TOGETHER || !isAlike || !budget.fits(size + 1, 1, total, KEEPING)) break;
    size += 1;
  }
  return size;
}

async function decodeBatch(prompts: readonly Prompt[], machinery: Machinery): Promise<Continuation[]> {
  const { trunk, head, budget, canBeLong } = machinery;
  const rows = prompts.map(
    (prompt): Row => ({ prompt, tokens: [], finish: prompt.maxNewTokens > 0 ? null : 'length' }),
  );
  const longest = Math.max(...prompts.map(({ tokens }) => tokens.length));
  const starts = prompts.map(({ tokens }) => longest - tokens.length);
  const most = longest + Math.max(...prompts.map(({ maxNewTokens }) => maxNewTokens));
  const padded = prompts.map(({ tokens }, b) => [...Array<number>(starts[b] as number).fill(0), ...tokens]);
  const begin = (sequences: readonly (readonly number[])[], isLong: boolean) =>
    prefill(trunk, budget, sequences, { isLong, starts, capacity: Math.min(most, longest + ROOM_AT_FIRST) });
  let isLong = machinery.isLong(longest);
  let state = await begin(padded, isLong);
  try {
    for (;;) {
      const best = await head.best(state.hidden);
      for (const [b, row] of rows.entries()) if (row.finish === null) take(row, best[b] as number);
      if (rows.every(({ finish }) => finish !== null)) break;
      const [first] = rows as [Row];
      if (canBeLong && machinery.isLong(longest + first.tokens.length) !== isLong) {
        isLong = !isLong;
        forget(state.past);
        state = await begin([[...first.prompt.tokens, ...first.tokens]], isLong);
      } else {
        const past = trunk.withRoom(state.past, most);
        const feed = best.map((token) => [token]);
        state = await extend(trunk, alignedPass(feed, starts, past, isLong));
      }
    }
  } finally {
    forget(state.past);
  }
  return rows.map(({ tokens, finish }) => ({ tokens, finish: finish ?? 'length' }));
}

interface Row {
  readonly prompt: Prompt;
  readonly tokens: number[];
  finish: Continuation['finish'] | null;
}

function take(row: Row, token: number): void {
  row.tokens.push(token);
  if (row.prompt.stopTokens.has(token) || row.prompt.isDone?.(row.tokens)) row.finish = 'stop';
  else if (row.tokens.length >= row.prompt.maxNewTokens) row.finish = 'length';
}
