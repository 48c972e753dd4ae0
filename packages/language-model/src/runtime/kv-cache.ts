import { float32Data, type Tensor, tensor } from '@shadow-gate/checkpoints/onnx';
import { at } from '@shadow-gate/platform';
import { type Decoder, hasOwnKeys, type Layer, mixersOf, type SingleMixer } from '../architectures/decoder.ts';
import { recurrentShape } from '../architectures/recurrent.ts';
import { BACKBONE, RECURRENCE } from '../graph/backbone-names.ts';

/**
 * The layers' caches of the `length` tokens before a batch of `batch` sequences. Attention: keys and values, each [B,
 * keyValueHeads, capacity, size], with the first `length` filled. Layers with a state: see `PastState`.
 */
export interface KvCache extends KvCacheSize {
  readonly layers: readonly LayerCache[];
}

export interface KvCacheSize {
  readonly batch: number;
  readonly length: number;
  readonly capacity: number;
}

/** A layer's keys and values, or convolution inputs, state and n-grams; empty if it shares another's keys. */
export type LayerCache = Readonly<Partial<Record<CachePart, Tensor>>>;
export type CachePart = (typeof CACHE_PARTS)[number];
export const CACHE_PARTS = ['key', 'value', 'inputs', 'state', 'ngrams'] as const;

const NAMES = {
  key: { past: BACKBONE.pastKey, present: BACKBONE.presentKey },
  value: { past: BACKBONE.pastValue, present: BACKBONE.presentValue },
  inputs: { past: RECURRENCE.pastInputs, present: RECURRENCE.presentInputs },
  state: { past: RECURRENCE.pastState, present: RECURRENCE.presentState },
  ngrams: { past: RECURRENCE.pastNgrams, present: RECURRENCE.presentNgrams },
} as const;

type WithMixer = Pick<Layer, 'mixer'>;

export function presentNames(layer: WithMixer, i: number): string[] {
  return cacheParts(layer).map((part) => NAMES[part].present(i));
}

export function presentOutputs(layer: WithMixer, i: number, output: (name: string) => Tensor): LayerCache {
  return Object.fromEntries(cacheParts(layer).map((part) => [part, output(NAMES[part].present(i))]));
}

export function pastInputs(cache: LayerCache, i: number): Record<string, Tensor> {
  return Object.fromEntries(eachTensor(cache).map(([part, value]) => [NAMES[part].past(i), value]));
}

export function eachTensor(cache: LayerCache): (readonly [part: CachePart, value: Tensor])[] {
  return CACHE_PARTS.flatMap((part) => (cache[part] ? [[part, cache[part]] as const] : []));
}

export function cacheParts(layer: WithMixer): CachePart[] {
  return cacheShapes(layer, 0).map(([part]) => part);
}

function cacheShapes(layer: WithMixer, capacity: number): (readonly [part: CachePart, shape: readonly number[]])[] {
  return mixersOf(layer).flatMap((mixer) => {
    const shapes = mixerShapes(mixer, capacity);
    return CACHE_PARTS.flatMap((part) => (shapes[part] ? [[part, shapes[part]] as const] : []));
  });
}

function mixerShapes(mixer: SingleMixer, capacity: number): Partial<Record<CachePart, readonly number[] | null>> {
  if (mixer.kind === 'attention') {
    const { keyValueHeads, headDim, valueDim } = mixer;
    if (!hasOwnKeys(mixer)) return {};
    return { key: [keyValueHeads, capacity, headDim], value: [keyValueHeads, capacity, valueDim] };
  }
  const { kernel, channels, state, ngrams } = recurrentShape(mixer);
  return { inputs: [kernel - 1, channels], state, ngrams: ngrams === null ? null : [kernel - 1, ngrams] };
}

export function emptyKvCache({ layers }: Pick<Decoder, 'layers'>, batch: number, capacity: number): KvCache {
  return { batch, length: 0, capacity, layers: layers.map((layer) => emptyLayerCache(layer, batch, capacity)) };
}

export function emptyLayerCache(layer: WithMixer, batch: number, capacity: number): LayerCache {
  const zeros = (shape: readonly number[]) =>
    tensor.float32(new Float32Array(shape.reduce((product, size) => product * size, batch)), [batch, ...shape]);
  return Object.fromEntries(cacheShapes(layer, capacity).map(([part, shape]) => [part, zeros(shape)]));
}

/** Write new keys and values [B, keyValueHeads, S, size] into the same memory. @throws Error beyond its capacity */
export function appendToKvCache(cache: KvCache, added: readonly LayerCache[], count: number): KvCache {
  const layers = cache.layers.map((layer, i) => appendToLayerCache(layer, at(added, i), cache));
  return { ...cache, layers, length: cache.length + count };
}

export function appendToLayerCache(layer: LayerCache, fresh: LayerCache, size: KvCacheSize): LayerCache {
  const { key, value } = layer;
  if (!key || !value || !fresh.key || !fresh.value) return fresh;
  copyInto(key, size, fresh.key);
  copyInto(value, size, fresh.value);
  return { ...fresh, key, value };
}

function copyInto(target: Tensor, { length, capacity }: KvCacheSize, source: Tensor): void {
  const [batch = 0, heads = 0, count = 0, size = 0] = source.dims;
  if (length + count > capacity) {
    throw new Error(`the KV cache of ${capacity} tokens has ${length}, ${count} do not fit`);
  }
  const from = float32Data(source);
  const to = float32Data(target);
  for (let row = 0; row < batch * heads; row += 1) {
    to.set(from.subarray(row * count * size, (row + 1) * count * size), (row * capacity + length) * size);
  }
}

/** Release memory on a device; on the CPU, the garbage collector does. */
export function disposeKvCache(cache: KvCache | null): void {
  for (const [, item] of cache?.layers.flatMap(eachTensor) ?? []) if (item.location === 'gpu-buffer') item.dispose();
}
