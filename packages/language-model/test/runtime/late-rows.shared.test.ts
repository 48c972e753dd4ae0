import { openReference } from '@shadow-gate/checkpoints';
import { describeDecoder } from '@shadow-gate/language-model';
import { describe, expect, it } from 'vitest';
import { languageModel } from '../../../../test/language-models.ts';
import { layersBeforeLate } from '../../src/architectures/decoder.ts';
import { lateFeeds } from '../../src/runtime/batch-feeds.ts';
import { sequenceBatch, treesBatch } from '../../src/runtime/batches.ts';
import { TokenTree } from '../../src/runtime/token-tree.ts';

const treeOf = (...sequences: number[][]) => {
  const tree = new TokenTree();
  for (const sequence of sequences) tree.add(sequence);
  return tree;
};

const numbers = (feeds: ReturnType<typeof lateFeeds>) =>
  Object.fromEntries(
    Object.entries(feeds).map(([name, { data, dims }]) => [name, [dims, Array.from(data as BigInt64Array, Number)]]),
  );

describe('the slots that go through the last layers', () => {
  it('are those whose hidden state is returned', () => {
    const batch = sequenceBatch([5, 6, 7, 8, 9], { rows: [1, 4], isLong: false });
    expect(numbers(lateFeeds(batch))).toEqual({
      late_slots: [
        [1, 2],
        [1, 4],
      ],
      late_masks: [
        [1, 2],
        [1, 4],
      ],
      late_rows: [[2], [0, 1]],
    });
  });

  it('are as many for each sequence, and the mask of another sequence is another', () => {
    // Slots 0 to 3 and 4 to 7, of which the last two are padding.
    const trees = [treeOf([10, 11, 12], [10, 11, 13]), treeOf([20, 21])];
    const batch = treesBatch(trees, { rows: [[1, 2, 3], [1]], isLong: false });
    expect(batch.mask.isShared).toBe(false);
    expect(numbers(lateFeeds(batch))).toEqual({
      late_slots: [
        [2, 3],
        [1, 2, 3, 5, 4, 4],
      ],
      late_masks: [
        [2, 3],
        [1, 2, 3, 5, 4, 4],
      ],
      late_rows: [[4], [0, 1, 2, 3]],
    });
  });

  it('have the rows of the one mask that plain sequences share', () => {
    const batch = treesBatch([treeOf([10, 11, 12]), treeOf([20, 21])], { rows: [[2], [0, 1]], isLong: false });
    expect(batch.mask.isShared).toBe(true);
    expect(numbers(lateFeeds(batch))).toEqual({
      late_slots: [
        [2, 2],
        [2, 0, 3, 4],
      ],
      late_masks: [
        [2, 2],
        [2, 0, 0, 1],
      ],
      late_rows: [[3], [0, 2, 3]],
    });
  });
});

it.each([
  ['gemma4', 3],
  ['gemma3n-text', 3],
  // Nothing is shared.
  ['gemma4-text', 3],
  ['llama', 2],
  // Whether the last layers have a state or attention of their own.
  ['qwen3-5', 4],
])('the last layers are those that share keys and values to the end: %s', async (name, count) => {
  expect(layersBeforeLate(describeDecoder(await openReference(languageModel(name))))).toBe(count);
});
