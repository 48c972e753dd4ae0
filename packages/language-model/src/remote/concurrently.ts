/** Limits the number of tasks that run at the same time. Further tasks wait in their order. */
export class Semaphore {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  /** @param count at least 1 */
  constructor(count: number) {
    if (!Number.isInteger(count) || count < 1) throw new RangeError(`a semaphore needs a positive count, not ${count}`);
    this.#free = count;
  }

  async use<T>(task: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free--;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      return await task();
    } finally {
      const next = this.#waiting.shift();
      if (next) next();
      else this.#free++;
    }
  }
}

/**
 * Run `task` for every item, as many at the same time as the semaphore allows. The first failure aborts the signal of
 * the other tasks, and those that have not started never do. No task is running any more when this returns or throws.
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
    semaphore.use(async () => {
      either.throwIfAborted();
      try {
        return await task(item, either);
      } catch (error) {
        // Later tasks fail because of this one, whose error is kept.
        if (!failing.signal.aborted) failing.abort(error);
        throw error;
      }
    }),
  );
  await Promise.allSettled(results);
  either.throwIfAborted();
  return Promise.all(results);
}
