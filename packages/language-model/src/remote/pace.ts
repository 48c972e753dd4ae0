/**
 * Limits a server's concurrent requests, and adapts to the server: half as many after an overload, one more after as
 * many answers as the limit (additive increase, multiplicative decrease; Chiu and Jain 1989).
 */
export class Pace {
  readonly #most: number;
  #limit: number;
  #running = 0;
  #answered = 0;
  /** Counts the cuts: a request sent before a cut is not evidence against the new limit. */
  #cuts = 0;
  readonly #waiting: (() => void)[] = [];

  /** @param most at least 1 */
  constructor(most: number) {
    if (!Number.isInteger(most) || most < 1) throw new RangeError(`requests at a time must be 1 or more, not ${most}`);
    this.#most = most;
    this.#limit = most;
  }

  /** Most requests at a time, now. */
  get limit(): number {
    return this.#limit;
  }

  /** @param isOverload whether a result means that the server is overloaded */
  async run<T>(task: () => Promise<T>, isOverload: (result: T) => boolean): Promise<T> {
    if (this.#running < this.#limit) this.#running++;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    const cuts = this.#cuts;
    try {
      const result = await task();
      if (!isOverload(result)) this.#raise();
      else if (cuts === this.#cuts) this.#cut();
      return result;
    } finally {
      this.#running--;
      this.#startWaiting();
    }
  }

  #cut(): void {
    this.#cuts++;
    this.#answered = 0;
    this.#limit = Math.max(1, Math.floor(this.#limit / 2));
  }

  #raise(): void {
    if (this.#limit === this.#most || ++this.#answered < this.#limit) return;
    this.#answered = 0;
    this.#limit++;
  }

  #startWaiting(): void {
    while (this.#running < this.#limit) {
      const next = this.#waiting.shift();
      if (next === undefined) return;
      this.#running++;
      next();
    }
  }
}
