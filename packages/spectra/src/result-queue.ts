interface Pending<Result> {
  readonly result: Promise<Result>;
  readonly share: number;
  /** Resolved when it is there, or failed. */
  readonly end: Promise<void>;
  hasEnded: boolean;
}

/** Results on their way, delivered in the order in which they were added. */
export class ResultQueue<Result> {
  readonly #capacity: number;
  readonly #deliver: (result: Result) => void;
  readonly #pending: Array<Pending<Result>> = [];

  constructor(capacity: number, deliver: (result: Result) => void) {
    this.#capacity = capacity;
    this.#deliver = deliver;
  }

  /** Waits while the jobs in progress take the whole capacity. */
  async add(result: Promise<Result>, share: number): Promise<void> {
    const ended = () => {
      pending.hasEnded = true;
    };
    const pending: Pending<Result> = { result, share, end: result.then(ended, ended), hasEnded: false };
    this.#pending.push(pending);
    for (let busy = this.#busy(); sharesOf(busy) >= this.#capacity; busy = this.#busy())
      await Promise.race(busy.map(({ end }) => end));
    while (this.#pending[0]?.hasEnded) await this.#deliverOldest();
  }

  async finish(): Promise<void> {
    while (this.#pending.length > 0) await this.#deliverOldest();
  }

  /** Wait for whatever still runs, after an error. */
  async settle(): Promise<void> {
    await Promise.all(this.#pending.map(({ end }) => end));
  }

  #busy(): Pending<Result>[] {
    return this.#pending.filter(({ hasEnded }) => !hasEnded);
  }

  async #deliverOldest(): Promise<void> {
    const oldest = this.#pending.shift();
    if (oldest) this.#deliver(await oldest.result);
  }
}

function sharesOf(pending: readonly Pending<unknown>[]): number {
  return pending.reduce((sum, { share }) => sum + share, 0);
}
