import { type Tensor, tensor } from '@shadow-gate/checkpoints/onnx';
import type { Alibi, Window } from '../architectures/decoder.ts';
import type { ForwardBatch } from './batches.ts';
import type { KvCacheSize } from './kv-cache.ts';

/**
 * Tensors to add to the attention scores of a batch: masks, and ALiBi's slopes. The key axis has T = capacity + S
 * entries: the new keys come after the whole capacity of the KV cache, filled or not.
 */

/** Below every score, but finite: a row of infinities would be NaN. */
export const MASKED = -1e30;

/** [B or 1, 1, S, T], zero for the keys that a slot sees. */
export function maskTensor({ batch, length, mask }: ForwardBatch, cache: KvCacheSize, window: Window): Tensor {
  const keys = cache.capacity + length;
  const rows = mask.isShared ? 1 : batch;
  const data = new Float32Array(rows * length * keys).fill(MASKED);
  for (let b = 0; b < rows; b += 1) {
    for (let s = 0; s < length; s += 1) {
      const row = (b * length + s) * keys;
      for (const t of mask.visible(b, s, window)) data[row + keyIndex(t, cache)] = 0;
    }
  }
  return tensor.float32(data, [rows, 1, length, keys]);
}

/** [B, heads, 1, T]: see {@link Alibi}. */
export function alibiTensor(
  { batch, length, mask }: ForwardBatch,
  cache: KvCacheSize,
  { slopes, scale, rounding }: Alibi,
): Tensor {
  const rounded = rounding === 'bfloat16' ? toBfloat16 : Math.fround;
  const keys = cache.capacity + length;
  const data = new Float32Array(batch * slopes.length * keys);
  for (let b = 0; b < batch; b += 1) {
    for (const [head, slope] of slopes.entries()) {
      const row = (b * slopes.length + head) * keys;
      for (let t = 0; t < cache.length + length; t += 1) {
        const position = mask.keyPosition(b, t) ?? 0;
        data[row + keyIndex(t, cache)] = rounded(rounded(slope) * position) * scale;
      }
    }
  }
  return tensor.float32(data, [batch, slopes.length, 1, keys]);
}

/** The index of key t on the key axis. */
export function keyIndex(t: number, { length, capacity }: KvCacheSize): number {
  return t < length ? t : t - length + capacity;
}

const BITS = new DataView(new ArrayBuffer(4));

/** Round to bfloat16, ties to even. */
function toBfloat16(value: number): number {
  BITS.setFloat32(0, value);
  const bits = BITS.getUint32(0);
  const rounded = bits + 0x7fff + ((bits >>> 16) & 1);
  BITS.setUint32(0, (rounded & 0xffff0000) >>> 0);
  return BITS.getFloat32(0);
}
