import type { Backbone, ForwardResult } from '../backbone-runs.ts';
import type { ForwardBatch } from '../batches.ts';
import type { KvCache } from '../kv-cache.ts';

/** The hidden states of a future run. */
export interface Promised {
  readonly run: number;
  readonly rows: number;
}

/** A batch to go through the layers. Its KV cache has a size, but no contents yet. */
export interface RecordedRun {
  readonly id: number;
  readonly batch: ForwardBatch;
  /** The name of the KV cache that the batch extends or reads. */
  readonly cache: number | null;
}

/** Keys and values of layers are kept elsewhere. */
const NO_LAYERS: KvCache['layers'] = [];

/**
 * Records which batches run, and in which order: their inputs depend only on the sizes of earlier results, not on their
 * contents. So the code that runs a whole model batch by batch also says what goes through each layer.
 */
export class RunRecorder implements Backbone<Promised> {
  /** Are caches memory with spare capacity, to which new keys and values are appended? */
  readonly #hasCapacity: boolean;
  readonly #names = new WeakMap<KvCache, number>();
  #runs: RecordedRun[] = [];
  #released: number[] = [];
  #nextCache = 0;
  #nextRun = 0;

  constructor({ hasCapacity }: { readonly hasCapacity: boolean }) {
    this.#hasCapacity = hasCapacity;
  }

  /** The runs since the last call, and the names of the caches that nothing reads after them. */
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
    const id = this.#nextRun++;
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
    return this.#nextCache++;
  }
}
