import { float32Data, type Tensor, tensor } from '../../onnx/session.ts';
import { at } from '../../platform/at.ts';
import type { Decoder } from '../architectures/decoder.ts';

/**
 * Keys and values of the `length` tokens before a batch, one pair per layer: each [B, keyValueHeads, capacity,
 * headDim], of which the first `length` are filled.
 */
export interface KvCache {
  readonly length: number;
  readonly capacity: number;
  readonly layers: readonly LayerCache[];
}

export interface LayerCache {
  readonly key: Tensor;
  readonly value: Tensor;
}

/** A KV cache with nothing in it. */
export function emptyKvCache({ layers }: Decoder, batch: number, capacity: number): KvCache {
  return {
    length: 0,
    capacity,
    layers: layers.map(({ attention: { keyValueHeads, headDim, valueDim } }) => {
      const zeros = (size: number) =>
        tensor.float32(new Float32Array(batch * keyValueHeads * capacity * size), [
          batch,
          keyValueHeads,
          capacity,
          size,
        ]);
      return { key: zeros(headDim), value: zeros(valueDim) };
    }),
  };
}

/**
 * Write the keys and values of new tokens, [B, keyValueHeads, S, headDim], behind those in the cache.
 * @returns the same memory with the new length
 * @throws Error if they exceed its capacity
 */
export function appendToKvCache(cache: KvCache, added: readonly LayerCache[], count: number): KvCache {
  for (const [i, { key, value }] of cache.layers.entries()) {
    const layer = at(added, i);
    copyInto(key, cache, layer.key);
    copyInto(value, cache, layer.value);
  }
  return { ...cache, length: cache.length + count };
}

function copyInto(target: Tensor, { length, capacity }: KvCache, source: Tensor): void {
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
  for (const { key, value } of cache?.layers ?? []) {
    if (key.location === 'gpu-buffer') key.dispose();
    if (value.location === 'gpu-buffer') value.dispose();
  }
}
