/** Runs work at the same time as long as it fits into the capacity together. Further work waits in order. */
export class Semaphore {
  readonly #capacity: number;
  #taken = 0;
  readonly #waiting: { readonly weight: number; readonly begin: () => void }[] = [];

  /** @param capacity in threads, bytes, or any other unit */
  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  /** @param weight share of the capacity; work that needs more than all of it runs alone */
  async run<T>(work: () => Promise<T>, weight = 1): Promise<T> {
    await new Promise<void>((begin) => {
      this.#waiting.push({ weight, begin });
      this.#beginNext();
    });
    try {
      return await work();
    } finally {
      this.#taken -= weight;
      this.#beginNext();
    }
  }

  #beginNext(): void {
    for (let [next] = this.#waiting; next; [next] = this.#waiting) {
      if (this.#taken > 0 && this.#taken + next.weight > this.#capacity) return;
      this.#waiting.shift();
      this.#taken += next.weight;
      next.begin();
    }
  }
}
