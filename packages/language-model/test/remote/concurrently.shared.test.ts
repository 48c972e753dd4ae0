import { Semaphore } from '@shadow-gate/platform';
import { expect, it } from 'vitest';
import { concurrently } from '../../src/remote/concurrently.ts';

const never = new AbortController().signal;
const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

it('runs no more tasks at once than allowed, also after failures', async () => {
  const semaphore = new Semaphore(2);
  let running = 0;
  let most = 0;
  const work = async (fails: boolean) => {
    most = Math.max(most, ++running);
    await turn();
    running--;
    if (fails) throw new Error('no');
  };
  const wave = (fails: boolean) => Promise.allSettled([1, 2, 3, 4, 5].map(() => semaphore.run(() => work(fails))));
  await wave(true);
  await Promise.all([wave(false), wave(true)]);
  expect(most).toBe(2);
});

it('starts no task after a failure, and waits for running ones', async () => {
  const begun: number[] = [];
  const ended: number[] = [];
  const run = concurrently([0, 1, 2, 3, 4], new Semaphore(2), never, async (item, signal) => {
    begun.push(item);
    if (item === 0) throw new Error('first');
    while (!signal.aborted) await turn();
    ended.push(item);
    throw new Error('second');
  });
  await expect(run).rejects.toThrow('first');
  expect({ begun, ended }).toEqual({ begun: [0, 1], ended: [1] });
});
