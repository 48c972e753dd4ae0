import type { Backbone, ForwardResult } from '../backbone-runs.ts';
import type { ForwardBatch } from '../batches.ts';
import type { KvCache } from '../kv-cache.ts';

/** The hidden states of a run that is still to come. */
export interface Promised {
  readonly run: number;
  readonly rows: number;
}

/** A batch that is to go through the layers. Its KV cache has a size, and no contents yet. */
export interface RecordedRun {
  /** Unlike that of any other run. */
  readonly id: number;
  readonly batch: ForwardBatch;
  /** The name of the KV cache that the batch comes after, and of the one that it leaves. */
  readonly cache: number | null;
}

/** Keys and values of layers are elsewhere. */
const NO_LAYERS: KvCache['layers'] = [];

/**
 * Takes down which batches are run, and in which order: their inputs do not depend on what comes of those before, only
 * on their sizes. So the same code that runs a whole model batch by batch says what goes through each layer.
 */
export class RunRecorder implements Backbone<Promised> {
  /** Caches are memory with spare capacity, to which new keys and values are appended. */
  readonly #hasCapacity: boolean;
  readonly #names = new WeakMap<KvCache, number>();
  #runs: RecordedRun[] = [];
  #released: number[] = [];
  #nextCache = 0;
  #nextRun = 0;

  constructor({ hasCapacity }: { readonly hasCapacity: boolean }) {
    this.#hasCapacity = hasCapacity;
  }

  /** The runs since the last call, and the names of the caches that nobody reads after them. */
  takeRuns(): { readonly runs: readonly RecordedRun[]; readonly released: readonly number[] } {
    const taken = { runs: this.#runs, released: this.#released };
    this.#runs = [];
    this.#released = [];
    return taken;
  }

  run(batch: ForwardBatch): Promise<ForwardResult<Promised>> {
    const { kvCache, extendsKvCache } = batch;
    const known = kvCache === null ? null : this.#nameOf(kvCache);
    const cache = known ?? (extendsKvCache ? this.#newName() : null);
    const id = this.#nextRun;
    this.#nextRun += 1;
    this.#runs.push({ id, batch, cache });
    const hidden = { run: id, rows: batch.rows.length };
    if (!extendsKvCache || cache === null) return Promise.resolve({ hidden, kvCache: null });
    const length = (kvCache?.length ?? 0) + batch.length;
    const capacity = this.#hasCapacity ? (kvCache?.capacity ?? length) : length;
    return Promise.resolve({ hidden, kvCache: this.#named({ batch: batch.batch, length, capacity }, cache) });
  }

  allocateKvCache(batch: number, capacity: number): KvCache | null {
    return this.#hasCapacity ? this.#named({ batch, length: 0, capacity }, this.#newName()) : null;
  }

  growKvCache(cache: KvCache, most: number): KvCache {
    if (!this.#hasCapacity || cache.length < cache.capacity) return cache;
    const capacity = Math.max(cache.length + 1, Math.min(2 * cache.capacity, most));
    return this.#named({ ...cache, capacity }, this.#nameOf(cache));
  }

  releaseKvCache(cache: KvCache): void {
    this.#released.push(this.#nameOf(cache));
  }

  #named({ batch, length, capacity }: Omit<KvCache, 'layers'>, name: number): KvCache {
    const cache = { batch, length, capacity, layers: NO_LAYERS };
    this.#names.set(cache, name);
    return cache;
  }

  #nameOf(cache: KvCache): number {
    const name = this.#names.get(cache);
    if (name === undefined) throw new Error('this KV cache is of another model');
    return name;
  }

  #newName(): number {
    this.#nextCache += 1;
    return this.#nextCache;
  }
}
