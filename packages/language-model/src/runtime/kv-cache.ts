import { float32Data, type Tensor, tensor } from '@shadow-gate/checkpoints/onnx';
import { at } from '@shadow-gate/platform';
import { type Decoder, hasOwnKeys, type Layer, mixersOf, type SingleMixer } from '../architectures/decoder.ts';
import { recurrentShape } from '../architectures/recurrent.ts';

/**
 * The layers' caches of the `length` tokens before a batch of `batch` sequences. Attention: keys and values, each [B,
 * keyValueHeads, capacity, size], of which the first `length` are filled. Layers with a state: see `PastState`.
 */
export interface KvCache extends KvCacheSize {
  readonly layers: readonly LayerCache[];
}

export interface KvCacheSize {
  readonly batch: number;
  readonly length: number;
  readonly capacity: number;
}

/** One for each mixer; none for a layer that keeps nothing, or that shares keys and values of another. */
export type LayerCache = readonly MixerCache[];
export type MixerCache = AttentionCache | RecurrentCache;

interface AttentionCache {
  readonly kind: 'attention';
  readonly key: Tensor;
  readonly value: Tensor;
}

interface RecurrentCache {
  readonly kind: 'recurrent';
  readonly inputs: Tensor;
  readonly state: Tensor | null;
  readonly ngrams: Tensor | null;
}

/** A KV cache with nothing in it. */
export function emptyKvCache({ layers }: Pick<Decoder, 'layers'>, batch: number, capacity: number): KvCache {
  return { batch, length: 0, capacity, layers: layers.map((layer) => emptyLayerCache(layer, batch, capacity)) };
}

/** The same of one layer. */
export function emptyLayerCache(layer: Pick<Layer, 'mixer'>, batch: number, capacity: number): LayerCache {
  const zeros = (shape: readonly number[]) =>
    tensor.float32(new Float32Array(shape.reduce((product, size) => product * size, batch)), [batch, ...shape]);
  return keepingMixers(layer).map((mixer) => {
    if (mixer.kind === 'attention') {
      const { keyValueHeads, headDim, valueDim } = mixer;
      return {
        kind: 'attention',
        key: zeros([keyValueHeads, capacity, headDim]),
        value: zeros([keyValueHeads, capacity, valueDim]),
      };
    }
    const { kernel, channels, state, ngrams } = recurrentShape(mixer);
    return {
      kind: 'recurrent',
      inputs: zeros([kernel - 1, channels]),
      state: state && zeros(state),
      ngrams: ngrams === null ? null : zeros([kernel - 1, ngrams]),
    };
  });
}

/** The mixers of a layer that keep something of tokens. */
export function keepingMixers(layer: Pick<Layer, 'mixer'>): readonly SingleMixer[] {
  return mixersOf(layer).filter((mixer) => mixer.kind !== 'attention' || hasOwnKeys(mixer));
}

/**
 * Write the keys and values of new tokens, [B, keyValueHeads, S, size], behind those in the cache, and take their
 * states.
 * @returns the same memory with the new length
 * @throws Error if they exceed its capacity
 */
export function appendToKvCache(cache: KvCache, added: readonly LayerCache[], count: number): KvCache {
  const layers = cache.layers.map((layer, i) => appendToLayerCache(layer, at(added, i), cache));
  return { ...cache, layers, length: cache.length + count };
}

/** The same of one layer. */
export function appendToLayerCache(layer: LayerCache, fresh: LayerCache, size: KvCacheSize): LayerCache {
  return fresh.map((added, i) => {
    const known = layer[i];
    if (known?.kind !== 'attention' || added.kind !== 'attention') return added;
    copyInto(known.key, size, added.key);
    copyInto(known.value, size, added.value);
    return known;
  });
}

function copyInto(target: Tensor, { length, capacity }: KvCacheSize, source: Tensor): void {
  const [batch = 0, heads = 0, count = 0, size = 0] = source.dims;
  if (length + count > capacity)
    throw new Error(`the KV cache of ${capacity} tokens has ${length}, ${count} do not fit`);
  const from = float32Data(source);
  const to = float32Data(target);
  for (let row = 0; row < batch * heads; row += 1) {
    to.set(from.subarray(row * count * size, (row + 1) * count * size), (row * capacity + length) * size);
  }
}

/** Release memory on a device; on the CPU the garbage collector does. */
export function disposeKvCache(cache: KvCache | null): void {
  for (const layer of cache?.layers ?? []) {
    for (const item of layer.flatMap(cacheTensors)) if (item.location === 'gpu-buffer') item.dispose();
  }
}

function cacheTensors(cache: MixerCache): Tensor[] {
  if (cache.kind === 'attention') return [cache.key, cache.value];
  return [cache.inputs, cache.state, cache.ngrams].filter((item) => item !== null);
}
