import { describe, expect, it } from 'vitest';
import type { Window } from '../../src/architectures/decoder.ts';
import {
  type ForwardBatch,
  rightAlignedBatch,
  sequenceBatch,
  treeAfterPrefixBatch,
  treesBatch,
} from '../../src/runtime/batches.ts';
import type { KvCache } from '../../src/runtime/kv-cache.ts';
import { TokenTree } from '../../src/runtime/token-tree.ts';

const cacheOf = (length: number): KvCache => ({ batch: 1, length, capacity: length, layers: [] });
const treeOf = (...sequences: number[][]) => {
  const tree = new TokenTree();
  for (const sequence of sequences) tree.add(sequence);
  return tree;
};
/** The keys that each slot of a sequence sees. */
const seen = ({ mask, length }: ForwardBatch, b = 0, window: Window = null) =>
  Array.from({ length }, (_, s) => [...mask.visible(b, s, window)].sort((x, y) => x - y));

describe('sequenceBatch', () => {
  it('lets a token see itself and the tokens before it, within the window', () => {
    const batch = sequenceBatch([5, 6, 7], { rows: [2], isLong: false });
    expect(seen(batch)).toEqual([[0], [0, 1], [0, 1, 2]]);
    // A window of 2 is the token and one before it.
    expect(seen(batch, 0, 2)).toEqual([[0], [0, 1], [1, 2]]);
    expect(batch.positions).toEqual([0, 1, 2]);
    // Chunks of 2 are the positions 0 and 1, then 2.
    expect(seen(batch, 0, { chunk: 2 })).toEqual([[0], [0, 1], [2]]);
  });
});

describe('treeAfterPrefixBatch', () => {
  // 10 → 11 → 12 or 13; slots 0 to 3.
  const tree = treeOf([10, 11, 12], [10, 11, 13]);

  it('counts chunks from the first token of the prefix', () => {
    const batch = treeAfterPrefixBatch(tree, { rows: [2, 3], kvCache: cacheOf(2), isLong: false });
    // Positions 2, 3, 4 and 4: chunks of 3 begin at 0 and 3.
    expect(seen(batch, 0, { chunk: 3 })).toEqual([[0, 1, 2], [3], [3, 4], [3, 5]]);
  });

  it('lets a branch see only its own ancestors and the whole prefix', () => {
    const batch = treeAfterPrefixBatch(tree, { rows: [2, 3], kvCache: cacheOf(2), isLong: false });
    expect(seen(batch)).toEqual([
      [0, 1, 2],
      [0, 1, 2, 3],
      [0, 1, 2, 3, 4],
      [0, 1, 2, 3, 5],
    ]);
    expect(batch.positions).toEqual([2, 3, 4, 4]);
    expect([0, 1, 2, 3, 4, 5].map((t) => batch.mask.keyPosition(0, t))).toEqual([0, 1, 2, 3, 4, 4]);
  });

  it('counts a window along the branch and into the prefix', () => {
    const batch = treeAfterPrefixBatch(tree, { rows: [2, 3], kvCache: cacheOf(2), isLong: false });
    expect(seen(batch, 0, 3)).toEqual([
      [0, 1, 2],
      [1, 2, 3],
      [2, 3, 4],
      [2, 3, 5],
    ]);
  });
});

describe('treesBatch', () => {
  it('pads on the right with slots that nothing sees', () => {
    const trees = [treeOf([1, 2, 3], [1, 4]), treeOf([8, 9])];
    const batch = treesBatch(trees, { rows: [[2, 3], [1]], isLong: false });
    expect(batch).toMatchObject({
      batch: 2,
      length: 4,
      tokens: [1, 2, 3, 4, 8, 9, 0, 0],
      positions: [0, 1, 2, 1, 0, 1, 0, 0],
      // Flat slots, 4 per sequence.
      rows: [2, 3, 5],
      kvCache: null,
      extendsKvCache: false,
    });
    expect(seen(batch, 0)).toEqual([[0], [0, 1], [0, 1, 2], [0, 3]]);
    // Padding sees itself, so that its row of the mask is not empty.
    expect(seen(batch, 1)).toEqual([[0], [0, 1], [2], [3]]);
  });

  it('shares one mask between plain sequences', () => {
    const batch = treesBatch([treeOf([1, 2, 3]), treeOf([8])], { rows: [[2], [0]], isLong: false });
    expect(batch.mask.isShared).toBe(true);
    expect(seen(batch, 1)[0]).toEqual([0]);
    expect(treesBatch([treeOf([1, 2], [3])], { rows: [[0]], isLong: false }).mask.isShared).toBe(false);
  });
});

describe('rightAlignedBatch', () => {
  it('pads on the left, and counts positions from the first token of each sequence', () => {
    const batch = rightAlignedBatch(
      [
        [5, 6, 7],
        [0, 0, 8],
      ],
      { padding: [0, 2], kvCache: null, isLong: false },
    );
    expect(batch).toMatchObject({
      batch: 2,
      length: 3,
      positions: [0, 1, 2, 0, 0, 0],
      rows: [2, 5],
      extendsKvCache: true,
    });
    expect(batch.mask.isShared).toBe(false);
    expect(seen(batch, 0)).toEqual([[0], [0, 1], [0, 1, 2]]);
    // Padding sees itself; the token does not see the padding.
    expect(seen(batch, 1)).toEqual([[0], [1], [2]]);
  });

  it('continues after a KV cache with padding', () => {
    const batch = rightAlignedBatch([[7], [9]], { padding: [0, 2], kvCache: cacheOf(4), isLong: false });
    expect(batch.positions).toEqual([4, 2]);
    expect(seen(batch, 0)).toEqual([[0, 1, 2, 3, 4]]);
    expect(seen(batch, 0, 2)).toEqual([[3, 4]]);
    expect(seen(batch, 1)).toEqual([[2, 3, 4]]);
    expect(seen(batch, 1, 2)).toEqual([[3, 4]]);
    // For ALiBi: positions of keys as each sequence counts them.
    expect([0, 1, 2, 3, 4].map((t) => batch.mask.keyPosition(1, t))).toEqual([null, null, 0, 1, 2]);
  });
});
