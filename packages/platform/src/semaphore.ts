/** Work that goes on at the same time, and takes no more together than there is. Further work waits in its order. */
export class Semaphore {
  readonly #capacity: number;
  #taken = 0;
  readonly #waiting: { readonly weight: number; readonly begin: () => void }[] = [];

  /** @param capacity of threads, bytes, or what else the work takes */
  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  /** @param weight what the work takes; with more than the capacity, it is done alone */
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
