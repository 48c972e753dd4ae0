import { type Device, openSession, type Session, type Tensor, tensorOutput } from '@shadow-gate/checkpoints/onnx';
import type { Decoder } from '../architectures/decoder.ts';
import type { Weights } from '../architectures/weights.ts';
import type { AttentionKind } from '../graph/attention.ts';
import { buildBackbone } from '../graph/backbone.ts';
import { BACKBONE } from '../graph/backbone-names.ts';
import { chooseAttentionKind } from './attention-kind.ts';
import type { Backbone, ForwardResult } from './backbone-runs.ts';
import { BatchFeeds } from './batch-feeds.ts';
import type { ForwardBatch } from './batches.ts';
import {
  appendToKvCache,
  disposeKvCache,
  emptyKvCache,
  type KvCache,
  pastInputs,
  presentNames,
  presentOutputs,
} from './kv-cache.ts';

/**
 * The decoder without its output matrix, in an onnxruntime session: tokens in, hidden states out. It turns a
 * `ForwardBatch` into the graph's inputs (masks, rotary tables, ALiBi) and hands the KV cache from batch to batch. On
 * the CPU, the cache is our own memory with spare capacity, to which new keys and values are appended; on a device,
 * every run returns a new one.
 */
export class BackboneSession implements Backbone<Tensor> {
  /** Can a batch take and return a KV cache? */
  readonly usesKvCache: boolean;
  readonly #decoder: Decoder;
  readonly #session: Session;
  /** Do outputs stay on the device? */
  readonly #isBound: boolean;
  readonly #kind: AttentionKind;
  readonly #feedsOf: BatchFeeds;
  /** By number of sequences. */
  readonly #emptyCaches = new Map<number, KvCache>();

  private constructor(
    decoder: Decoder,
    session: Session,
    { kind, useKvCache, isBound }: { kind: AttentionKind; useKvCache: boolean; isBound: boolean },
  ) {
    this.#decoder = decoder;
    this.#session = session;
    this.#isBound = isBound;
    this.#kind = kind;
    this.#feedsOf = new BatchFeeds(decoder, { hasPast: useKvCache });
    this.usesKvCache = useKvCache;
  }

  /** @param useKvCache can batches take and return a KV cache? It takes memory even in those that do not */
  static async open(
    decoder: Decoder,
    weights: Weights,
    device: Device,
    { useKvCache }: { readonly useKvCache: boolean },
  ): Promise<BackboneSession> {
    const kind = await chooseAttentionKind(decoder, device, { useKvCache });
    const graph = buildBackbone(decoder, weights, {
      attention: kind,
      fuseExperts: device.name === 'cpu' && weights.held !== 'as-stored',
      useKvCache,
    });
    // Only for WebGPU can the binding leave outputs on a device.
    const isBound = useKvCache && device.name === 'webgpu';
    const onDevice = isBound ? decoder.layers.flatMap(presentNames) : [];
    const shared = { allowSpinning: false, memoryPattern: graph.weightMemory.largestExpansion === 0 };
    const session = await openSession(graph, device, { onDevice, ...shared });
    return new BackboneSession(decoder, session, { kind, useKvCache, isBound });
  }

  async run(batch: ForwardBatch): Promise<ForwardResult<Tensor>> {
    const { layers } = this.#decoder;
    const fetches: string[] = [BACKBONE.hidden];
    // On a device outputs are bound: one that is not fetched stays bound to the tensor of an earlier run.
    const fetchesCache = batch.extendsKvCache || this.#isBound;
    if (fetchesCache) fetches.push(...layers.flatMap(presentNames));
    const outputs = await this.#session.run(this.#feeds(batch), fetches);
    const hidden = tensorOutput(outputs, BACKBONE.hidden);
    if (!fetchesCache) return { hidden, kvCache: null };
    const returned = layers.map((layer, i) => presentOutputs(layer, i, (name) => tensorOutput(outputs, name)));
    const length = (batch.kvCache?.length ?? 0) + batch.length;
    const whole: KvCache = { batch: batch.batch, length, capacity: length, layers: returned };
    if (!batch.extendsKvCache) {
      disposeKvCache(whole);
      return { hidden, kvCache: null };
    }
    if (this.#kind !== 'split' || batch.kvCache === null) return { hidden, kvCache: whole };
    return { hidden, kvCache: appendToKvCache(batch.kvCache, returned, batch.length) };
  }

  allocateKvCache(batch: number, capacity: number): KvCache | null {
    return this.#kind === 'split' ? emptyKvCache(this.#decoder, batch, capacity) : null;
  }

  growKvCache(cache: KvCache, most: number): KvCache {
    if (this.#kind !== 'split' || cache.length < cache.capacity) return cache;
    const capacity = Math.max(cache.length + 1, Math.min(2 * cache.capacity, most));
    return appendToKvCache(emptyKvCache(this.#decoder, cache.batch, capacity), cache.layers, cache.length);
  }

  releaseKvCache(cache: KvCache): void {
    disposeKvCache(cache);
  }

  async close(): Promise<void> {
    await this.#session.release();
  }

  #feeds(batch: ForwardBatch): Record<string, Tensor> {
    if (batch.kvCache && !this.usesKvCache) throw new Error('this session was opened without a KV cache');
    // An empty cache with capacity is not read.
    const cache = batch.kvCache === null || batch.kvCache.length === 0 ? this.#emptyCache(batch.batch) : batch.kvCache;
    const feeds = this.#feedsOf.of(batch, cache);
    if (this.usesKvCache) for (const [i, layer] of cache.layers.entries()) Object.assign(feeds, pastInputs(layer, i));
    return feeds;
  }

  #emptyCache(batch: number): KvCache {
    const known = this.#emptyCaches.get(batch);
    if (known) return known;
    const empty = emptyKvCache(this.#decoder, batch, 0);
    this.#emptyCaches.set(batch, empty);
    return empty;
  }
}
