/** A bound on what runs at once. Whoever comes when all places are taken waits, first come, first served. */
export class Semaphore {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  /** @param count at least 1 */
  constructor(count: number) {
    if (!Number.isInteger(count) || count < 1) throw new RangeError(`${count} places`);
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
 * `task` of every item, as many at once as there are places. The first one that fails aborts the signal of the others;
 * those that have not begun never do. Nothing is still running when this returns or throws.
 *
 * @returns the answers in the order of the items
 * @throws what the first failing task threw
 */
export async function concurrently<Item, Answer>(
  items: readonly Item[],
  places: Semaphore,
  signal: AbortSignal,
  task: (item: Item, signal: AbortSignal) => Promise<Answer>,
): Promise<Answer[]> {
  const failing = new AbortController();
  const either = AbortSignal.any([signal, failing.signal]);
  const answers = items.map((item) =>
    places.use(async () => {
      either.throwIfAborted();
      try {
        return await task(item, either);
      } catch (error) {
        // Later ones fail because of this one: an abort counts once.
        if (!failing.signal.aborted) failing.abort(error);
        throw error;
      }
    }),
  );
  await Promise.allSettled(answers);
  either.throwIfAborted();
  return Promise.all(answers);
}
