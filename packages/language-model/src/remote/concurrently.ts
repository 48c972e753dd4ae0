import type { Semaphore } from '@shadow-gate/platform';

/**
 * Run `task` for every item, as many at a time as the semaphore allows. The first failure aborts the other tasks'
 * signal, and tasks that have not started never do. When this returns or throws, no task is running any more.
 * @returns the results in the order of the items
 * @throws the error of the first task that failed
 */
export async function concurrently<Item, Result>(
  items: readonly Item[],
  semaphore: Semaphore,
  signal: AbortSignal,
  task: (item: Item, signal: AbortSignal) => Promise<Result>,
): Promise<Result[]> {
  const failing = new AbortController();
  const either = AbortSignal.any([signal, failing.signal]);
  const results = items.map((item) =>
    semaphore.run(async () => {
      either.throwIfAborted();
      try {
        return await task(item, either);
      } catch (error) {
        // Later tasks fail because of this one: its error is kept.
        if (!failing.signal.aborted) failing.abort(error);
        throw error;
      }
    }),
  );
  await Promise.allSettled(results);
  either.throwIfAborted();
  return Promise.all(results);
}
