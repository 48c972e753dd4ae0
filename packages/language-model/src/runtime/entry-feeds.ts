import { type Tensor, tensor } from '@shadow-gate/checkpoints/onnx';
import { at } from '@shadow-gate/platform';
import type { TokenWindows } from '../architectures/compressed.ts';
import { ENTRIES } from '../graph/backbone-names.ts';
import { keyIndex, MASKED } from './attention-bias.ts';
import type { ForwardBatch } from './batches.ts';
import type { KvCacheSize } from './kv-cache.ts';

/** The tokens of one complete window, as keys: see `AttentionMask`. */
interface Window {
  /** In order. */
  readonly own: readonly number[];
  /** The previous window's; empty for the first of a sequence. */
  readonly before: readonly number[];
  /** Position of the first token. */
  readonly position: number;
}

/** See `EntryInputs`; also returns the entries per sequence, with padding. @param maxLength above all positions */
export function entryFeeds(
  batch: ForwardBatch,
  cache: KvCacheSize,
  windows: TokenWindows,
  maxLength: number,
): { readonly feeds: Record<string, Tensor>; readonly count: number } {
  const { rate, overlap } = windows;
  const { batch: sequences, length } = batch;
  const keys = cache.capacity + length;
  const found = Array.from({ length: sequences }, (_, b) => windowsOf(batch, cache, b, rate));
  const count = Math.max(1, ...found.map((own) => own.length));
  const slots = sequences * count;
  const [own, before] = [Array<number>(slots * rate).fill(0), Array<number>(slots * rate).fill(0)];
  const positions = Array<number>(slots).fill(0);
  const beforeBias = new Float32Array(slots).fill(MASKED);
  const bias = new Float32Array(slots * length).fill(MASKED);
  for (const [b, ofSequence] of found.entries()) {
    const flat = (key: number) => b * keys + keyIndex(key, cache);
    /** By the key that an entry ends with. */
    const ends = new Map<number, number>();
    for (const [e, window] of ofSequence.entries()) {
      const entry = b * count + e;
      for (const [i, key] of window.own.entries()) own[entry * rate + i] = flat(key);
      for (const [i, key] of window.before.entries()) before[entry * rate + i] = flat(key);
      if (window.before.length > 0) beforeBias[entry] = 0;
      positions[entry] = Math.min(window.position, maxLength - 1);
      ends.set(at(window.own, rate - 1), e);
    }
    for (let s = 0; s < length; s += 1) {
      for (const key of batch.mask.visible(b, s, null)) {
        const e = ends.get(key);
        if (e !== undefined) bias[(b * length + s) * count + e] = 0;
      }
    }
  }
  const feeds = {
    [ENTRIES.own(windows)]: tensor.int64(own, [sequences, count, rate]),
    [ENTRIES.positions(windows)]: tensor.int64(positions, [sequences, count]),
    [ENTRIES.bias(windows)]: tensor.float32(bias, [sequences, 1, length, count]),
    ...(overlap
      ? {
          [ENTRIES.before(windows)]: tensor.int64(before, [sequences, count, rate]),
          [ENTRIES.beforeBias(windows)]: tensor.float32(beforeBias, [sequences, count, 1, 1]),
        }
      : {}),
  };
  return { feeds, count };
}

/** The complete windows of a sequence, or of all branches of a tree, each after the one before it. */
function windowsOf(batch: ForwardBatch, { length: past }: KvCacheSize, b: number, rate: number): Window[] {
  const { mask, order, length } = batch;
  /** The key before another; null for a first token. */
  const previous = (key: number): number | null => {
    const parent = key < past ? key - 1 : order.parent(b, key - past);
    const before = key < past ? parent : parent === -1 ? past - 1 : past + parent;
    const isToken =
      before >= past ? !order.isPadding(b, before - past) : before >= 0 && mask.keyPosition(b, before) !== null;
    return isToken ? before : null;
  };
  const endingAt = (last: number | null): number[] => {
    const tokens: number[] = [];
    for (let key = last; key !== null && tokens.length < rate; key = previous(key)) tokens.push(key);
    return tokens.reverse();
  };
  const found: Window[] = [];
  for (let key = 0; key < past + length; key += 1) {
    if (key >= past && order.isPadding(b, key - past)) continue;
    const position = mask.keyPosition(b, key);
    if (position === null || (position + 1) % rate !== 0) continue;
    const own = endingAt(key);
    found.push({ own, before: endingAt(previous(at(own, 0))), position: position + 1 - rate });
  }
  return found;
}
