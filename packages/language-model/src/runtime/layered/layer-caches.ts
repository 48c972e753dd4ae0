import { float32Data, type Tensor, tensor } from '@shadow-gate/checkpoints/onnx';
import { at } from '@shadow-gate/platform';
import type { Layer } from '../../architectures/decoder.ts';
import { CACHE_PARTS, type CachePart, cacheParts, eachTensor, type KvCacheSize, type LayerCache } from '../kv-cache.ts';
import type { StateStore } from './state-store.ts';

/** The caches of single layers: what a pass through a layer needs of a KV cache. */
export class LayerCaches {
  readonly #store: StateStore;

  constructor(store: StateStore) {
    this.#store = store;
  }

  /** @param size of the cache at this point: room for this many tokens @throws Error if there is no cache */
  async read(name: number, index: number, layer: Layer, { capacity }: KvCacheSize): Promise<LayerCache> {
    const found: [CachePart, Tensor][] = [];
    for (const part of cacheParts(layer)) {
      const { data, dims } = await this.#store.read(keyOf(name, index, part));
      const value = tensor.float32(data, dims);
      found.push([part, part === 'key' || part === 'value' ? withCapacity(value, capacity) : value]);
    }
    return Object.fromEntries(found);
  }

  async write(name: number, layer: number, cache: LayerCache): Promise<void> {
    for (const [part, value] of eachTensor(cache)) {
      await this.#store.put(keyOf(name, layer, part), { data: float32Data(value), dims: value.dims });
    }
  }

  drop(name: number, layer: number): void {
    for (const part of CACHE_PARTS) this.#store.drop(keyOf(name, layer, part));
  }
}

const keyOf = (name: number, layer: number, part: CachePart) => `cache ${name}, layer ${layer}: ${part}`;

/** [B, heads, P, size] with another P: the same first tokens, and room after them. */
function withCapacity(value: Tensor, capacity: number): Tensor {
  const [batch, heads, count, size] = [at(value.dims, 0), at(value.dims, 1), at(value.dims, 2), at(value.dims, 3)];
  if (count === capacity) return value;
  const from = float32Data(value);
  const to = new Float32Array(batch * heads * capacity * size);
  const kept = Math.min(count, capacity) * size;
  for (let row = 0; row < batch * heads; row += 1) {
    to.set(from.subarray(row * count * size, row * count * size + kept), row * capacity * size);
  }
  return tensor.float32(to, [batch, heads, capacity, size]);
}
