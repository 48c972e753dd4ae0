import { Worker } from 'node:worker_threads';
import { workerEntry } from '@shadow-gate/platform/process';
import type { Progress } from '@shadow-gate/platform/progress';
import type { DisplayKind, ProgressDisplay } from './progress-display.ts';
import type { DisplayData, DisplayMessage, DisplayOrder } from './progress-worker.ts';

/** The thread draws at once; if it cannot, nothing waits long for it. */
const PATIENCE_MILLISECONDS = 2000;

/**
 * A display in its own thread, which keeps drawing while this thread is busy.
 * @param stream standard error, for the width of the terminal
 * @returns null if there is nothing to start the thread from
 */
export function openThreadedDisplay(
  kind: DisplayKind,
  stream: { readonly columns?: number },
  entry: URL | null = workerEntry('progress-worker', import.meta.url),
): ProgressDisplay | null {
  return entry && new ThreadedDisplay(kind, stream, entry);
}

class ThreadedDisplay implements ProgressDisplay {
  readonly #worker: Worker;
  readonly #stream: { readonly columns?: number };
  readonly #done = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  #last = 0;
  #isGone = false;

  constructor(display: DisplayKind, stream: { readonly columns?: number }, entry: URL) {
    this.#stream = stream;
    const shared = this.#done.buffer as SharedArrayBuffer;
    const workerData: DisplayData = { display, columns: stream.columns, shared };
    this.#worker = new Worker(entry, { execArgv: [], workerData });
    this.#worker.on('error', () => {
      this.#isGone = true;
    });
    this.#worker.unref();
  }

  report(progress: Progress): void {
    this.#send({ kind: 'progress', progress });
  }

  note(line: string): void {
    this.#await((id) => ({ kind: 'note', line, id }));
  }

  stop(): void {
    this.#await((id) => ({ kind: 'stop', id }));
    void this.#worker.terminate();
  }

  #send(order: DisplayOrder): void {
    this.#worker.postMessage({ ...order, columns: this.#stream.columns } satisfies DisplayMessage);
  }

  /** Wait, so that this thread's next line comes after the other's. */
  #await(order: (id: number) => DisplayOrder): void {
    if (this.#isGone) return;
    this.#last += 1;
    const before = Atomics.load(this.#done, 0);
    this.#send(order(this.#last));
    Atomics.wait(this.#done, 0, before, PATIENCE_MILLISECONDS);
  }
}
