import { parentPort, type Transferable, Worker } from 'node:worker_threads';

/** One for each question, in their order. */
type WorkerAnswer<Answer> = { readonly answer: Answer } | { readonly error: Error };

/** In a worker thread: answer its questions, one after the other. */
export function answerQuestions<Question, Answer>(solve: (question: Question) => Answer | Promise<Answer>): void {
  let last: Promise<void> = Promise.resolve();
  parentPort?.on('message', (question: Question) => {
    last = last.then(async () => parentPort?.postMessage(await answerTo(question, solve)));
  });
}

async function answerTo<Question, Answer>(
  question: Question,
  solve: (question: Question) => Answer | Promise<Answer>,
): Promise<WorkerAnswer<Answer>> {
  try {
    return { answer: await solve(question) };
  } catch (error) {
    return { error: error as Error };
  }
}

/** Worker threads for questions that each of them answers alike. They are started as they are needed. */
export class WorkerPool<Question, Answer> {
  /** Most of them. */
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

  /** A new thread only if all others are busy: most checkpoints of small matrices need none. */
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

/** It is started by the first question. */
class WorkerThread<Question, Answer> {
  readonly #entry: URL;
  readonly #requests: Request<Answer>[] = [];
  #worker: Worker | null = null;

  constructor(entry: URL) {
    this.#entry = entry;
  }

  get waiting(): number {
    return this.#requests.length;
  }

  async ask(question: Question, transfer: readonly Transferable[]): Promise<Answer> {
    this.#worker ??= this.#start();
    this.#worker.postMessage(question, transfer);
    return new Promise((resolve, reject) => this.#requests.push({ resolve, reject }));
  }

  async close(): Promise<void> {
    await this.#worker?.terminate();
  }

  #start(): Worker {
    // A worker may not accept the options of this process: `node --input-type=module -e …`.
    const worker = new Worker(this.#entry, { execArgv: [] });
    worker.on('message', (message: WorkerAnswer<Answer>) => {
      const request = this.#requests.shift();
      if ('error' in message) request?.reject(message.error);
      else request?.resolve(message.answer);
    });
    const fail = (error: Error) => {
      this.#worker = null;
      for (const { reject } of this.#requests.splice(0)) reject(error);
    };
    worker.on('error', fail);
    worker.on('exit', () => fail(new Error('the worker thread for spectra ended before it answered')));
    return worker;
  }
}
