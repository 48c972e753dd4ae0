import { describe, expect, it } from 'vitest';
import type { KeyValues, Pass } from '../../../src/language-model/runtime/backbone-session.ts';
import { alignedPass, batchPass, chainPass, treePass } from '../../../src/language-model/runtime/batches.ts';
import { TokenTree } from '../../../src/language-model/runtime/token-tree.ts';

const past = (length: number): KeyValues => ({ length, capacity: length, layers: [] });
const treeOf = (...sequences: number[][]) => {
  const tree = new TokenTree();
  for (const sequence of sequences) tree.add(sequence);
  return tree;
};
/** Keys that each slot of a sequence sees. */
const seen = ({ mask, length }: Pass, b = 0, window: number | null = null) =>
  Array.from({ length }, (_, s) => [...mask.visible(b, s, window)].sort((x, y) => x - y));

describe('chainPass', () => {
  it('lets a token see itself and what is before it, as far as the window goes', () => {
    const pass = chainPass([5, 6, 7], [2], false);
    expect(seen(pass)).toEqual([[0], [0, 1], [0, 1, 2]]);
    // A window of 2 is the token and one before it.
    expect(seen(pass, 0, 2)).toEqual([[0], [0, 1], [1, 2]]);
    expect(pass.positions).toEqual([0, 1, 2]);
  });
});

describe('treePass', () => {
  // 10 → 11 → 12, and 13 beside 12; slots 0 to 3.
  const tree = treeOf([10, 11, 12], [10, 11, 13]);

  it('lets a branch see its own ancestors only, and all of the past', () => {
    const pass = treePass(tree, [2, 3], past(2), false);
    expect(seen(pass)).toEqual([
      [0, 1, 2],
      [0, 1, 2, 3],
      [0, 1, 2, 3, 4],
      [0, 1, 2, 3, 5],
    ]);
    expect(pass.positions).toEqual([2, 3, 4, 4]);
    expect([0, 1, 2, 3, 4, 5].map((t) => pass.mask.keyPosition(0, t))).toEqual([0, 1, 2, 3, 4, 4]);
  });

  it('counts a window along the branch and into the past', () => {
    const pass = treePass(tree, [2, 3], past(2), false);
    expect(seen(pass, 0, 3)).toEqual([
      [0, 1, 2],
      [1, 2, 3],
      [2, 3, 4],
      [2, 3, 5],
    ]);
  });
});

describe('batchPass', () => {
  it('fills up on the right with slots that nothing sees', () => {
    const pass = batchPass([treeOf([1, 2, 3], [1, 4]), treeOf([8, 9])], [[2, 3], [1]], false);
    expect(pass).toMatchObject({
      batch: 2,
      length: 4,
      tokens: [1, 2, 3, 4, 8, 9, 0, 0],
      positions: [0, 1, 2, 1, 0, 1, 0, 0],
      // Flat slots: 4 a sequence.
      rows: [2, 3, 5],
      past: null,
      keep: false,
    });
    expect(seen(pass, 0)).toEqual([[0], [0, 1], [0, 1, 2], [0, 3]]);
    // A filling sees itself, so that its row is not empty.
    expect(seen(pass, 1)).toEqual([[0], [0, 1], [2], [3]]);
  });

  it('has one mask for chains', () => {
    const pass = batchPass([treeOf([1, 2, 3]), treeOf([8])], [[2], [0]], false);
    expect(pass.mask.isShared).toBe(true);
    expect(seen(pass, 1)[0]).toEqual([0]);
    expect(batchPass([treeOf([1, 2], [3])], [[0]], false).mask.isShared).toBe(false);
  });
});

describe('alignedPass', () => {
  it('ends sequences together, and counts positions from where each begins', () => {
    const pass = alignedPass(
      [
        [5, 6, 7],
        [0, 0, 8],
      ],
      [0, 2],
      null,
      false,
    );
    expect(pass).toMatchObject({ batch: 2, length: 3, positions: [0, 1, 2, 0, 0, 0], rows: [2, 5], keep: true });
    expect(pass.mask.isShared).toBe(false);
    expect(seen(pass, 0)).toEqual([[0], [0, 1], [0, 1, 2]]);
    // The filling sees itself; the token does not see the filling.
    expect(seen(pass, 1)).toEqual([[0], [1], [2]]);
  });

  it('goes on after a past with filling', () => {
    const pass = alignedPass([[7], [9]], [0, 2], past(4), false);
    expect(pass.positions).toEqual([4, 2]);
    expect(seen(pass, 0)).toEqual([[0, 1, 2, 3, 4]]);
    expect(seen(pass, 0, 2)).toEqual([[3, 4]]);
    expect(seen(pass, 1)).toEqual([[2, 3, 4]]);
    expect(seen(pass, 1, 2)).toEqual([[3, 4]]);
    // Alibi: positions of keys as each sequence counts them.
    expect([0, 1, 2, 3, 4].map((t) => pass.mask.keyPosition(1, t))).toEqual([null, null, 0, 1, 2]);
  });
});
