import { afterEach, beforeEach, expect, it } from 'vitest';
import { Pace } from '../../src/remote/pace.ts';
import { openRemoteEngine } from '../../src/remote/remote-engine.ts';
import { BigramEngine, bigramTokenizer } from './bigram-engine.ts';
import { CompletionsServer } from './completions-server.ts';

const isOverload = (result: boolean) => result;

/** Run waves of tasks, each as many as fit, and end them all with the same result. */
async function wave(pace: Pace, result: boolean): Promise<number> {
  let started = 0;
  let open = () => {};
  const gate = new Promise<void>((resolve) => {
    open = resolve;
  });
  const runs = Array.from({ length: pace.limit }, () =>
    pace.run(async () => {
      started++;
      await gate;
      return result;
    }, isOverload),
  );
  await new Promise<void>((resolve) => setImmediate(resolve));
  open();
  await Promise.all(runs);
  return started;
}

it('halves once for all requests that were sent together, down to one', async () => {
  const pace = new Pace(8);
  const limits: number[] = [];
  for (let i = 0; i < 5; i++) {
    await wave(pace, true);
    limits.push(pace.limit);
  }
  expect(limits).toEqual([4, 2, 1, 1, 1]);
});

it('grows by one after as many answers as it allows at a time, up to where it began', async () => {
  const pace = new Pace(4);
  await wave(pace, true);
  const limits: number[] = [];
  for (let i = 0; i < 5; i++) {
    await wave(pace, false);
    limits.push(pace.limit);
  }
  expect(limits).toEqual([3, 4, 4, 4, 4]);
});

it('goes on after a task that throws', async () => {
  const pace = new Pace(1);
  const failing = pace.run(() => Promise.reject(new Error('no')), isOverload);
  const waiting = pace.run(async () => false, isOverload);
  await expect(failing).rejects.toThrow('no');
  expect(await waiting).toBe(false);
});

it('is at least one at a time', () => {
  expect(() => new Pace(0)).toThrow(RangeError);
});

let server: CompletionsServer;
beforeEach(async () => {
  server = await new CompletionsServer(new BigramEngine(), bigramTokenizer).start();
});
afterEach(() => server.stop());

it('finds what a server takes that refuses more than two requests at a time', async () => {
  server.habits.capacity = 2;
  const many = Array.from({ length: 60 }, (_, i) => ({ context: [Math.floor(i / 9), i % 9], continuation: [i % 7] }));
  const remote = await openRemoteEngine({
    endpoint: server.url,
    model: 'toy',
    maxLength: 50,
    concurrency: 16,
    wait: () => new Promise((resolve) => setTimeout(resolve, 5)),
  });
  expect(await remote.score(many)).toEqual(await new BigramEngine().score(many));
  // With 16 at a time, 14 would be refused each time: five in a row end the run.
  expect(remote.usage.requests).toBeLessThan(2 * many.length);
});
