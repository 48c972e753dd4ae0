import { parentPort, type Transferable, Worker } from 'node:worker_threads';

/** Answers come in the order of the questions. */
type WorkerAnswer<Answer> = { readonly answer: Answer } | { readonly error: Error };

/** In a worker thread: answers its questions, one after the other. */
export function answerQuestions<Question, Answer>(solve: (question: Question) => Answer | Promise<Answer>): void {
  let last: Promise<void> = Promise.resolve();
  parentPort?.on('message', (question: Question) => {
    last = last.then(() => answer(question, solve));
  });
}

async function answer<Question, Answer>(
  question: Question,
  solve: (question: Question) => Answer | Promise<Answer>,
): Promise<void> {
  const send = (message: WorkerAnswer<Answer>) => parentPort?.postMessage(message);
  try {
    send({ answer: await solve(question) });
  } catch (error) {
    // Not every error can be sent as it is.
    send({ error: new Error(error instanceof Error ? error.message : String(error)) });
  }
}

/** Interchangeable worker threads, started when needed. */
export class WorkerPool<Question, Answer> {
  readonly threads: number;
  readonly #entry: URL;
  readonly #started: WorkerThread<Question, Answer>[] = [];

  /** @param entry the file of a thread, which calls `answerQuestions` */
  constructor(entry: URL, threads: number) {
    this.#entry = entry;
    this.threads = threads;
  }

  /** @param transfer memory of the question that is no longer usable afterwards */
  ask(question: Question, transfer: readonly Transferable[] = []): Promise<Answer> {
    return this.#leastBusy().ask(question, transfer);
  }

  async close(): Promise<void> {
    await Promise.all(this.#started.map((thread) => thread.close()));
  }

  /** Starts a new thread only if all others are busy: most checkpoints of small matrices need none. */
  #leastBusy(): WorkerThread<Question, Answer> {
    const [best] = this.#started.toSorted((a, b) => a.waiting - b.waiting);
    if (best && (best.waiting === 0 || this.#started.length >= this.threads)) return best;
    const thread = new WorkerThread<Question, Answer>(this.#entry);
    this.#started.push(thread);
    return thread;
  }
}

interface Request<Answer> {
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: Error) => void;
}

interface Running<Answer> {
  readonly worker: Worker;
  readonly requests: Request<Answer>[];
}

/** Starts with the first question, and again after its end. */
class WorkerThread<Question, Answer> {
  readonly #entry: URL;
  #running: Running<Answer> | null = null;

  constructor(entry: URL) {
    this.#entry = entry;
  }

  get waiting(): number {
    return this.#running?.requests.length ?? 0;
  }

  async ask(question: Question, transfer: readonly Transferable[]): Promise<Answer> {
    this.#running ??= this.#start();
    const { worker, requests } = this.#running;
    worker.postMessage(question, transfer);
    return new Promise((resolve, reject) => requests.push({ resolve, reject }));
  }

  async close(): Promise<void> {
    await this.#running?.worker.terminate();
  }

  #start(): Running<Answer> {
    // A worker may not accept the options of this process: `node --input-type=module -e …`.
    const worker = new Worker(this.#entry, { execArgv: [] });
    const requests: Request<Answer>[] = [];
    worker.on('message', (message: WorkerAnswer<Answer>) => {
      const request = requests.shift();
      if ('error' in message) request?.reject(message.error);
      else request?.resolve(message.answer);
    });
    const fail = (error: Error) => {
      // Its end comes after its error: another one may have been started in between.
      if (this.#running?.worker === worker) this.#running = null;
      for (const { reject } of requests.splice(0)) reject(error);
    };
    worker.on('error', fail);
    worker.on('exit', () => fail(new Error('the worker thread for spectra ended before it answered')));
    return { worker, requests };
  }
}
