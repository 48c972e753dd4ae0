import { describe, expect, it } from 'vitest';
import { TokenTree } from '../../src/runtime/token-tree.ts';

describe('TokenTree', () => {
  it('has each shared beginning once', () => {
    const tree = new TokenTree();
    expect(tree.add([1, 2, 3])).toEqual([0, 1, 2]);
    expect(tree.isChain).toBe(true);
    expect(tree.add([1, 2, 4])).toEqual([0, 1, 3]);
    // The same token after another one is another slot.
    expect(tree.add([2, 3])).toEqual([4, 5]);
    // A beginning of a sequence in the tree, and all of it.
    expect(tree.add([1])).toEqual([0]);
    expect(tree.add([1, 2, 3])).toEqual([0, 1, 2]);
    expect(tree.tokens).toEqual([1, 2, 3, 4, 2, 3]);
    expect(tree.parents).toEqual([-1, 0, 1, 1, -1, 4]);
    expect(tree.depths).toEqual([0, 1, 2, 2, 0, 1]);
    expect(tree.size).toBe(6);
    expect(tree.isChain).toBe(false);
  });

  it('is no chain with two first tokens', () => {
    const tree = new TokenTree();
    tree.add([1]);
    tree.add([2]);
    expect(tree.isChain).toBe(false);
  });
});
