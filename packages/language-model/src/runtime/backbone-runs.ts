import type { ForwardBatch } from './batches.ts';
import type { KvCache } from './kv-cache.ts';

/**
 * Runs batches through the layers of a decoder. `H`: its hidden states, as a tensor, or as a promise of one if batches
 * are only recorded, to go through the layers together.
 */
export interface Backbone<H> {
  run(batch: ForwardBatch): Promise<ForwardResult<H>>;
  /** A KV cache with room for `capacity` tokens, or null if each run returns a new one. */
  allocateKvCache(batch: number, capacity: number): KvCache | null;
  /** The same keys and values with room for at least one more token: a full cache doubles in size, up to `most`. */
  growKvCache(cache: KvCache, most: number): KvCache;
  /** Call when nothing reads the cache any more. */
  releaseKvCache(cache: KvCache): void;
}

export interface ForwardResult<H> {
  /** [rows, hidden], after the final norm. */
  readonly hidden: H;
  /** The keys and values of all tokens so far, for a batch that extends its KV cache. */
  readonly kvCache: KvCache | null;
}
