import { at } from '@shadow-gate/platform';
import type { Window } from '../architectures/decoder.ts';
import type { KvCache } from './kv-cache.ts';
import type { TokenTree } from './token-tree.ts';

/** One run of the backbone: `batch` (B) sequences of `length` (S) slots, after the tokens in the KV cache. */
export interface ForwardBatch {
  readonly batch: number;
  readonly length: number;
  /** [B · S]. */
  readonly tokens: readonly number[];
  readonly positions: readonly number[];
  readonly mask: AttentionMask;
  readonly order: SlotOrder;
  /** Flat slots b · S + s to return the hidden states of. */
  readonly rows: readonly number[];
  readonly kvCache: KvCache | null;
  /** For rotary embeddings that depend on the length: is it long? */
  readonly isLong: boolean;
  /** Return the KV cache with these tokens' keys and values, for a later batch. */
  readonly extendsKvCache: boolean;
}

/** Which keys a slot sees. Keys are those in the KV cache, then the slots of the batch. */
interface AttentionMask {
  /** Do all B sequences have the same mask? */
  readonly isShared: boolean;
  /** Position of key t in sequence b, or null for padding. */
  readonly keyPosition: (b: number, t: number) => number | null;
  /** The keys that slot s of sequence b sees within the window, itself included. */
  readonly visible: (b: number, s: number, window: Window) => Iterable<number>;
}

/** Which slot each slot follows, for layers with a state. */
interface SlotOrder {
  /** Does every slot follow the one before it? */
  readonly isChain: (b: number) => boolean;
  /** −1: the slot follows the tokens in the KV cache. */
  readonly parent: (b: number, s: number) => number;
  readonly isPadding: (b: number, s: number) => boolean;
}

/** Trees side by side, padded on the right, where no slot sees. @param rows of each tree, for the hidden states */
export function treesBatch(
  trees: readonly TokenTree[],
  { rows, isLong }: { readonly rows: readonly (readonly number[])[]; readonly isLong: boolean },
): ForwardBatch {
  const length = Math.max(...trees.map(({ size }) => size));
  const padded = (values: readonly number[]) => Array.from({ length }, (_, slot) => values[slot] ?? 0);
  return {
    batch: trees.length,
    length,
    tokens: trees.flatMap(({ tokens }) => padded(tokens)),
    positions: trees.flatMap(({ depths }) => padded(depths)),
    mask: trees.every(({ isChain }) => isChain) ? rightAlignedMask([0], 0, length) : treeMask(trees, 0),
    order: treeOrder(trees),
    rows: rows.flatMap((slots, b) => slots.map((slot) => b * length + slot)),
    kvCache: null,
    isLong,
    extendsKvCache: false,
  };
}

/** One plain sequence. */
export function sequenceBatch(tokens: readonly number[], options: Pick<ForwardBatch, 'rows' | 'isLong'>): ForwardBatch {
  const { length } = tokens;
  return {
    batch: 1,
    length,
    tokens,
    positions: tokens.map((_, i) => i),
    mask: rightAlignedMask([0], 0, length),
    order: chainOrder([0]),
    kvCache: null,
    extendsKvCache: false,
    ...options,
  };
}

/** A tree after a prefix, shared by all its branches, with keys and values in the KV cache. */
export function treeAfterPrefixBatch(
  tree: TokenTree,
  options: Pick<ForwardBatch, 'rows' | 'isLong'> & { readonly kvCache: KvCache },
): ForwardBatch {
  const { length: before } = options.kvCache;
  return {
    batch: 1,
    length: tree.size,
    tokens: tree.tokens,
    positions: tree.depths.map((depth) => before + depth),
    mask: treeMask([tree], before),
    order: treeOrder([tree]),
    extendsKvCache: false,
    ...options,
  };
}

function treeOrder(trees: readonly TokenTree[]): SlotOrder {
  return {
    isChain: (b) => at(trees, b).isChain,
    parent: (b, s) => at(at(trees, b).parents, s),
    isPadding: (b, s) => s >= at(trees, b).size,
  };
}

/** @param padding number of padding slots at the beginning of each sequence, or of all */
function chainOrder(padding: readonly number[]): SlotOrder {
  return {
    isChain: () => true,
    parent: (_, s) => s - 1,
    isPadding: (b, s) => s < (padding[b] ?? at(padding, 0)),
  };
}

function treeMask(trees: readonly TokenTree[], before: number): AttentionMask {
  return {
    isShared: false,
    keyPosition: (b, t) => {
      if (t < before) return t;
      const depth = at(trees, b).depths[t - before];
      return depth === undefined ? null : before + depth;
    },
    *visible(b, s, window) {
      const tree = at(trees, b);
      if (s >= tree.size) {
        yield before + s; // Padding sees only itself.
        return;
      }
      let left = seen(window, before + at(tree.depths, s));
      for (let slot = s; slot >= 0 && left > 0; slot = at(tree.parents, slot)) {
        yield before + slot;
        left -= 1;
      }
      for (let t = before - 1; t >= 0 && left > 0; t -= 1) {
        yield t;
        left -= 1;
      }
    },
  };
}

/**
 * Sequences of several lengths that end together, padded on the left, after a KV cache with the same padding: for
 * decoding, where each new token is the last of its sequence.
 * @param padding number of padding slots at the beginning of each sequence, those in the KV cache included
 */
export function rightAlignedBatch(
  tokens: readonly (readonly number[])[],
  { padding, ...options }: Pick<ForwardBatch, 'kvCache' | 'isLong'> & { readonly padding: readonly number[] },
): ForwardBatch {
  const { length } = at(tokens, 0);
  const before = options.kvCache?.length ?? 0;
  return {
    batch: tokens.length,
    length,
    tokens: tokens.flat(),
    positions: tokens.flatMap((row, b) => row.map((_, s) => Math.max(0, before + s - at(padding, b)))),
    mask: rightAlignedMask(padding, before, length),
    order: chainOrder(padding.map((count) => count - before)),
    rows: tokens.map((_, b) => b * length + length - 1),
    extendsKvCache: true,
    ...options,
  };
}

/** Most positions that the one at `position` sees, itself included. */
function seen(window: Window, position: number): number {
  if (window === null) return Number.POSITIVE_INFINITY;
  return typeof window === 'number' ? window : (position % window.chunk) + 1;
}

/** @param padding one number per sequence, or one for all */
function rightAlignedMask(padding: readonly number[], before: number, length: number): AttentionMask {
  const paddingOf = (b: number) => padding[b] ?? at(padding, 0);
  return {
    isShared: padding.every((count) => count === padding[0]),
    keyPosition: (b, t) => (t < paddingOf(b) || t >= before + length ? null : t - paddingOf(b)),
    *visible(b, s, window) {
      const last = before + s;
      const first = paddingOf(b);
      if (last < first) yield last; // Padding sees only itself.
      for (let t = Math.max(first, last - seen(window, last - first) + 1); t <= last; t += 1) yield t;
    },
  };
}
