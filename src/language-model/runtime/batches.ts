import type { KeyValues, Mask, Pass } from './backbone-session.ts';
import type { TokenTree } from './token-tree.ts';

/** A tree in a pass and where its slots went: flat slot = base + slot. */
export interface Placed {
  readonly pass: Pass;
  readonly base: readonly number[];
}

/**
 * Trees side by side as the sequences of one batch, filled up on the right: what a slot sees is before it, so the filling
 * is never seen.
 * @param wanted for each tree, the slots whose hidden state is wanted
 */
export function batchPass(trees: readonly TokenTree[], wanted: readonly (readonly number[])[], isLong: boolean): Pass {
  const length = Math.max(...trees.map(({ size }) => size));
  const fill = (values: readonly number[], filling: (slot: number) => number) =>
    Array.from({ length }, (_, slot) => values[slot] ?? filling(slot));
  return {
    batch: trees.length,
    length,
    tokens: trees.flatMap(({ tokens }) => fill(tokens, () => 0)),
    positions: trees.flatMap(({ depths }) => fill(depths, () => 0)),
    mask: trees.every(({ isChain }) => isChain) ? chainMask(length) : treeMask(trees, 0),
    rows: wanted.flatMap((slots, b) => slots.map((slot) => b * length + slot)),
    past: null,
    isLong,
    keep: false,
  };
}

/** One plain sequence. */
export function chainPass(tokens: readonly number[], rows: readonly number[], isLong: boolean): Pass {
  return {
    batch: 1,
    length: tokens.length,
    tokens,
    positions: tokens.map((_, i) => i),
    mask: chainMask(tokens.length),
    rows,
    past: null,
    isLong,
    keep: false,
  };
}

/** A tree after a past that all its branches share. */
export function treePass(tree: TokenTree, rows: readonly number[], past: KeyValues, isLong: boolean): Pass {
  return {
    batch: 1,
    length: tree.size,
    tokens: tree.tokens,
    positions: tree.depths.map((depth) => past.length + depth),
    mask: treeMask([tree], past.length),
    rows,
    past,
    isLong,
    keep: false,
  };
}

/** Sequences of one length, each slot after the one before. */
function chainMask(length: number): Mask {
  return alignedMask([0], 0, length);
}

function treeMask(trees: readonly TokenTree[], before: number): Mask {
  return {
    isShared: false,
    keyPosition: (b, t) => {
      if (t < before) return t;
      const depth = trees[b]?.depths[t - before];
      return depth === undefined ? null : before + depth;
    },
    *visible(b, s, window) {
      const tree = trees[b];
      const depth = tree?.depths[s];
      if (!tree || depth === undefined) {
        yield before + s; // filling looks at itself only
        return;
      }
      let left = window ?? Number.POSITIVE_INFINITY;
      for (let slot = s; slot >= 0 && left > 0; slot = tree.parents[slot] as number) {
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
 * Sequences of several lengths that end together, filled up on the left, after a past that was filled up likewise: for
 * decoding, where each new token is the last of all.
 * @param starts how many slots at the beginning (past included) are filling, one a sequence
 */
export function alignedPass(
  tokens: readonly (readonly number[])[],
  starts: readonly number[],
  past: KeyValues | null,
  isLong: boolean,
): Pass {
  const length = tokens[0]?.length ?? 0;
  const before = past?.length ?? 0;
  return {
    batch: tokens.length,
    length,
    tokens: tokens.flat(),
    positions: tokens.flatMap((row, b) => row.map((_, s) => Math.max(0, before + s - (starts[b] as number)))),
    mask: alignedMask(starts, before, length),
    rows: tokens.map((_, b) => b * length + length - 1),
    past,
    isLong,
    keep: true,
  };
}

/** @param starts one a sequence, or one for all */
function alignedMask(starts: readonly number[], before: number, length: number): Mask {
  const startOf = (b: number) => starts[b] ?? (starts[0] as number);
  return {
    isShared: starts.every((start) => start === starts[0]),
    keyPosition: (b, t) => (t < startOf(b) || t >= before + length ? null : t - startOf(b)),
    *visible(b, s, window) {
      const last = before + s;
      const first = startOf(b);
      if (last < first) yield last; // filling looks at itself only
      for (let t = Math.max(first, window === null ? 0 : last - window + 1); t <= last; t += 1) yield t;
    },
  };
}
