import { availableParallelism } from 'node:os';
import { workerEntry } from '@shadow-gate/platform/process';
import { symmetricEigenvalues } from '../eigenvalues.ts';
import { WorkerPool } from '../worker-pool.ts';
import type { Band } from './band-reduction.ts';
import { bandValues } from './bidiagonal-values.ts';
import type { Symmetric } from './solver-worker.ts';

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
  readonly #pool: WorkerPool<Band | Symmetric, Float64Array>;

  constructor(entry: URL, threads: number) {
    this.#pool = new WorkerPool(entry, threads);
  }

  get threads(): number {
    return this.#pool.threads;
  }

  values(band: Band): Promise<Float64Array> {
    return this.#ask(band, band.entries);
  }

  eigenvalues(matrix: Float64Array, size: number): Promise<Float64Array> {
    return size < SMALL ? SOLVE_HERE.eigenvalues(matrix, size) : this.#ask({ matrix, size }, matrix);
  }

  close(): Promise<void> {
    return this.#pool.close();
  }

  #ask(question: Band | Symmetric, { buffer }: Float64Array): Promise<Float64Array> {
    return this.#pool.ask(question, [buffer as ArrayBuffer]);
  }
}
