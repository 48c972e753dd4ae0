import { describe, expect, it } from 'vitest';
import { ResultQueue } from '../src/result-queue.ts';

const turn = () => new Promise((resolve) => setTimeout(resolve));

/** A queue, what it has delivered, and results that end when they are told to. */
function queueOf(capacity: number) {
  const delivered: string[] = [];
  const queue = new ResultQueue<string>(capacity, (result) => delivered.push(result));
  const begin = (name: string) => {
    const { promise, resolve, reject } = withResolvers();
    const added = queue.add(promise, 1);
    let isAdded = false;
    added.then(
      () => {
        isAdded = true;
      },
      () => {},
    );
    return { end: () => resolve(name), fail: () => reject(new Error(name)), isAdded: () => isAdded };
  };
  return { queue, delivered, begin };
}

function withResolvers() {
  let resolve: (value: string) => void = () => {};
  let reject: (error: Error) => void = () => {};
  const promise = new Promise<string>((...both) => {
    [resolve, reject] = both;
  });
  return { promise, resolve, reject };
}

describe('results on their way', () => {
  it('come in their order, and one that has ended makes room for the next', async () => {
    const { queue, delivered, begin } = queueOf(2);
    const slow = begin('slow');
    const quick = begin('quick');
    await turn();
    expect([slow.isAdded(), quick.isAdded()]).toEqual([true, false]);
    quick.end();
    await turn();
    expect(quick.isAdded()).toBe(true);
    const last = begin('last');
    await turn();
    expect([last.isAdded(), delivered]).toEqual([false, []]);
    last.end();
    slow.end();
    await queue.finish();
    expect(delivered).toEqual(['slow', 'quick', 'last']);
  });

  it('end at the first that failed, when it is its turn', async () => {
    const { queue, delivered, begin } = queueOf(3);
    const first = begin('first');
    const broken = begin('broken');
    broken.fail();
    await turn();
    expect(delivered).toEqual([]);
    first.end();
    await expect(queue.finish()).rejects.toThrow('broken');
    expect(delivered).toEqual(['first']);
    await queue.settle();
  });
});
