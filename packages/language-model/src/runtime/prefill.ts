import { at } from '@shadow-gate/platform';
import type { Backbone, ForwardResult } from './backbone-runs.ts';
import type { BatchBudget } from './batch-budget.ts';
import { type ForwardBatch, rightAlignedBatch } from './batches.ts';
import type { KvCache } from './kv-cache.ts';
import { WITH_KV_CACHE } from './schedule.ts';

interface PrefillOptions<H> {
  readonly isLong: boolean;
  /** Tokens that the KV cache has room for, later ones included; by default the sequences' own. */
  readonly capacity?: number;
  /** Padding slots at the beginning of each sequence. */
  readonly padding?: readonly number[];
  /** For one sequence: the slots of the chunk from `start` to `end` that `onHidden` receives, counted from `start`. */
  readonly wantedSlots?: (start: number, end: number) => readonly number[];
  /** Receives the hidden states [rows, hidden] of the wanted slots of a chunk. */
  readonly onHidden?: (hidden: H, rows: number) => Promise<void>;
}

/** The KV cache so far, and the hidden states [rows, hidden] of the last batch: of its last or its wanted slots. */
type Prefilled<H> = ForwardResult<H> & { readonly kvCache: KvCache };

/** Compute keys and values of sequences [B] of one length, in chunks that fit into the budget. */
export async function prefill<H>(
  backbone: Backbone<H>,
  budget: BatchBudget,
  sequences: readonly (readonly number[])[],
  { isLong, capacity, padding, wantedSlots, onHidden }: PrefillOptions<H>,
): Promise<Prefilled<H>> {
  const batch = sequences.length;
  const { length } = at(sequences, 0);
  const room = Math.max(capacity ?? length, length);
  const chunk = budget.chunkLength(batch, room, WITH_KV_CACHE);
  let state: Prefilled<H> | null = null;
  for (let start = 0; start < length; start += chunk) {
    const end = Math.min(length, start + chunk);
    const next = rightAlignedBatch(
      sequences.map((sequence) => sequence.slice(start, end)),
      {
        padding: padding ?? sequences.map(() => 0),
        kvCache: state?.kvCache ?? backbone.allocateKvCache(batch, room),
        isLong,
      },
    );
    const wanted = wantedSlots?.(start, end) ?? [];
    // Some operators of a mixture of experts divide by the number of rows, so a batch always has some.
    state = await runWithKvCache(backbone, wanted.length > 0 ? { ...next, rows: wanted } : next);
    if (wanted.length > 0) await onHidden?.(state.hidden, wanted.length);
  }
  if (!state) throw new Error('prefill needs at least one token');
  return state;
}

/** Run a batch that extends its KV cache, and release the cache that it replaces. */
export async function runWithKvCache<H>(backbone: Backbone<H>, batch: ForwardBatch): Promise<Prefilled<H>> {
  const { hidden, kvCache } = await backbone.run(batch);
  if (!kvCache) throw new Error('the batch does not extend its KV cache');
  if (batch.kvCache && kvCache.layers !== batch.kvCache.layers) backbone.releaseKvCache(batch.kvCache);
  return { kvCache, hidden };
}
