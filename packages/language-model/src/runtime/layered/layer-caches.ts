import { float32Data, type Tensor, tensor } from '@shadow-gate/checkpoints/onnx';
import { at } from '@shadow-gate/platform';
import type { Layer } from '../../architectures/decoder.ts';
import { type KvCacheSize, keepingMixers, type LayerCache, type MixerCache } from '../kv-cache.ts';
import type { StateStore } from './state-store.ts';

/**
 * Keys, values and states of one layer after the tokens of one KV cache: what a pass through that layer needs of them.
 */
export class LayerCaches {
  readonly #store: StateStore;

  constructor(store: StateStore) {
    this.#store = store;
  }

  /**
   * @param size which the cache has there: that many tokens can be in it now
   * @throws Error if there is none
   */
  async read(name: number, index: number, layer: Layer, size: KvCacheSize): Promise<LayerCache> {
    const load = async (part: string) => {
      const { data, dims } = await this.#store.read(keyOf(name, index, part));
      return tensor.float32(data, dims);
    };
    const found: MixerCache[] = [];
    for (const { kind } of keepingMixers(layer)) {
      if (kind === 'attention') {
        const key = withCapacity(await load('key'), size.capacity);
        found.push({ kind, key, value: withCapacity(await load('value'), size.capacity) });
      } else {
        const loadIfThere = (part: string) => (this.#store.has(keyOf(name, index, part)) ? load(part) : null);
        const [inputs, state, ngrams] = [await load('inputs'), await loadIfThere('state'), await loadIfThere('ngrams')];
        found.push({ kind: 'recurrent', inputs, state, ngrams });
      }
    }
    return found;
  }

  async write(name: number, layer: number, cache: LayerCache): Promise<void> {
    for (const [part, value] of cache.flatMap((ofMixer) => Object.entries(tensorsOf(ofMixer)))) {
      if (value !== null) {
        await this.#store.put(keyOf(name, layer, part), { data: float32Data(value), dims: value.dims });
      }
    }
  }

  drop(name: number, layer: number): void {
    for (const part of PARTS) this.#store.drop(keyOf(name, layer, part));
  }
}

const PARTS = ['key', 'value', 'inputs', 'state', 'ngrams'] as const;

const keyOf = (name: number, layer: number, part: string) => `cache ${name}, layer ${layer}: ${part}`;

function tensorsOf(cache: MixerCache): Partial<Record<(typeof PARTS)[number], Tensor | null>> {
  if (cache.kind === 'attention') return { key: cache.key, value: cache.value };
  return { inputs: cache.inputs, state: cache.state, ngrams: cache.ngrams };
}

/** [B, heads, P, size] with another P: the same first tokens, and room behind them. */
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
