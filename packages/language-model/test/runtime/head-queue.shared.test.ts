import { type Tensor, tensor } from '@shadow-gate/checkpoints/onnx';
import { expect, it } from 'vitest';
import { HeadQueue } from '../../src/runtime/head-queue.ts';
import type { HeadTarget, TargetScores } from '../../src/runtime/head-session.ts';

/** A head that scores a target by the number in its row, and keeps how many rows it got in each run. */
function countingHead() {
  const runs: number[] = [];
  const rows = (data: Float32Array) => tensor.float32(data, [data.length, 1]);
  const score = async (hidden: Tensor, targets: readonly HeadTarget[]): Promise<TargetScores> => {
    const numbers = hidden.data as Float32Array;
    runs.push(numbers.length);
    const none = targets.map(() => null);
    const logprobs = Float32Array.from(targets, ({ row }) => numbers[row] ?? Number.NaN);
    return { logprobs, best: Array.from(numbers, () => 0), scaled: none, predictions: none };
  };
  return { runs, head: { hidden: 1, rows, score } };
}

it.each([
  { added: [3, 3, 3, 3], runs: [4, 4, 4] },
  { added: [3, 3, 3], runs: [4, 4, 1] },
  { added: [11, 2], runs: [4, 4, 4, 1] },
  { added: [1], runs: [1] },
  { added: [], runs: [] },
])('rows $added go through the output matrix four at a time: $runs', async ({ added, runs: expected }) => {
  const { runs, head } = countingHead();
  const queue = new HeadQueue(head, 4);
  let count = 0;
  for (const rows of added) {
    const hidden = Float32Array.from({ length: rows }, (_, i) => count + i);
    // Each sequence has two targets, the later one first.
    const targets = Array.from({ length: rows }, (_, row) => ({ row, token: 0, sequence: count + row }));
    await queue.add(head.rows(hidden), [
      ...targets.map((target) => ({ ...target, position: 1 })),
      ...targets.map((target) => ({ ...target, position: 0 })),
    ]);
    count += rows;
  }
  const scores = await queue.finish(Array.from({ length: count }, () => 2));
  expect(runs).toEqual(expected);
  expect(scores.map(({ tokenLogprobs }) => tokenLogprobs)).toEqual(Array.from({ length: count }, (_, i) => [i, i]));
});
