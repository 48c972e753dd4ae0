import type { ForwardBatch } from './batches.ts';
import type { KvCache } from './kv-cache.ts';

/**
 * What runs batches through the layers of a decoder. `H`: its hidden states, as a tensor, or as a promise of them where
 * batches are only taken down, to go through the layers together.
 */
export interface Backbone<H> {
  run(batch: ForwardBatch): Promise<ForwardResult<H>>;
  /** A KV cache with room for `capacity` tokens, or null where each run returns a new one. */
  allocateKvCache(batch: number, capacity: number): KvCache | null;
  /**
   * The same keys and values with room for one more token at least: a full cache grows to twice its size, up to `most`.
   */
  growKvCache(cache: KvCache, most: number): KvCache;
  /** It is not read again. */
  releaseKvCache(cache: KvCache): void;
}

export interface ForwardResult<H> {
  /** [rows, hidden], after the final norm. */
  readonly hidden: H;
  /** The keys and values of all tokens so far, for a batch that extends its KV cache. */
  readonly kvCache: KvCache | null;
}
