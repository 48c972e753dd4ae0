import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { workerEntry } from '@shadow-gate/platform/process';
import { symmetricEigenvalues } from '../eigenvalues.ts';
import type { Band } from './band-reduction.ts';
import { bandValues } from './bidiagonal-values.ts';
import type { SolverAnswer, Symmetric } from './solver-worker.ts';

/** Computes what needs no onnxruntime: the values of bands and of small symmetric matrices. */
export interface Solver {
  /** The singular values of a band. @param band transferred: its entries are no longer usable afterwards */
  values(band: Band): Promise<Float64Array>;
  /** The eigenvalues of a symmetric matrix [size, size], largest first. @param matrix transferred */
  eigenvalues(matrix: Float64Array, size: number): Promise<Float64Array>;
  /** Threads that it may use in addition to this one. */
  readonly threads: number;
  close(): Promise<void>;
}

/** Works in this thread. */
export const SOLVE_HERE: Solver = {
  values: async (band) => bandValues(band),
  eigenvalues: async (matrix, size) => symmetricEigenvalues(matrix, size),
  threads: 0,
  close: async () => {},
};

/** More threads than this would mostly wait for the Gram matrices that they work on. */
const MOST_THREADS = 4;

/** Below this size, the answer is there before a thread would have received the question. */
const SMALL = 64;

/** Works in worker threads if there is a file to start them from, otherwise in this thread. */
export function openSolver(
  entry: URL | null = workerEntry('solver-worker', import.meta.url),
  threads: number = Math.min(availableParallelism(), MOST_THREADS),
): Solver {
  return entry ? new ThreadedSolver(entry, threads) : SOLVE_HERE;
}

/** The same question gives the same answer in each thread, so that it does not matter which one answers. */
class ThreadedSolver implements Solver {
  readonly threads: number;
  readonly #entry: URL;
  readonly #started: SolverThread[] = [];

  constructor(entry: URL, threads: number) {
    this.#entry = entry;
    this.threads = threads;
  }

  values(band: Band): Promise<Float64Array> {
    return this.#leastBusy().ask(band, band.entries);
  }

  eigenvalues(matrix: Float64Array, size: number): Promise<Float64Array> {
    return size < SMALL
      ? SOLVE_HERE.eigenvalues(matrix, size)
      : this.#leastBusy().ask({ matrix, size } satisfies Symmetric, matrix);
  }

  async close(): Promise<void> {
    await Promise.all(this.#started.map((thread) => thread.close()));
  }

  /** A new thread only if all others are busy: most checkpoints of small matrices need none. */
  #leastBusy(): SolverThread {
    const [best] = this.#started.toSorted((a, b) => a.waiting - b.waiting);
    if (best && (best.waiting === 0 || this.#started.length >= this.threads)) return best;
    const thread = new SolverThread(this.#entry);
    this.#started.push(thread);
    return thread;
  }
}

interface Request {
  readonly resolve: (values: Float64Array) => void;
  readonly reject: (error: Error) => void;
}

/** The worker answers in the order of the requests. It is started by the first one. */
class SolverThread {
  readonly #entry: URL;
  readonly #requests: Request[] = [];
  #worker: Worker | null = null;

  constructor(entry: URL) {
    this.#entry = entry;
  }

  get waiting(): number {
    return this.#requests.length;
  }

  ask(question: Band | Symmetric, { buffer }: Float64Array): Promise<Float64Array> {
    this.#worker ??= this.#start();
    const worker = this.#worker;
    return new Promise((resolve, reject) => {
      this.#requests.push({ resolve, reject });
      worker.postMessage(question, [buffer as ArrayBuffer]);
    });
  }

  async close(): Promise<void> {
    await this.#worker?.terminate();
  }

  #start(): Worker {
    // A worker may not accept the options of this process: `node --input-type=module -e …`.
    const worker = new Worker(this.#entry, { execArgv: [] });
    worker.on('message', (answer: SolverAnswer) => {
      const request = this.#requests.shift();
      if ('error' in answer) request?.reject(answer.error);
      else request?.resolve(answer.values);
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
