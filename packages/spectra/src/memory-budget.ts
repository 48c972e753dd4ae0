/** Work that goes on at the same time, and takes no more memory together than there is. */
export class MemoryBudget {
  readonly #limit: number;
  #taken = 0;
  /** In the order in which it came. */
  readonly #waiting: { readonly bytes: number; readonly begin: () => void }[] = [];

  /** @param limit in bytes */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** @param bytes that the work takes; with more than the limit, it is done alone */
  async run<T>(bytes: number, work: () => Promise<T>): Promise<T> {
    await new Promise<void>((begin) => {
      this.#waiting.push({ bytes, begin });
      this.#beginNext();
    });
    try {
      return await work();
    } finally {
      this.#taken -= bytes;
      this.#beginNext();
    }
  }

  #beginNext(): void {
    for (let [next] = this.#waiting; next; [next] = this.#waiting) {
      if (this.#taken > 0 && this.#taken + next.bytes > this.#limit) return;
      this.#waiting.shift();
      this.#taken += next.bytes;
      next.begin();
    }
  }
}
