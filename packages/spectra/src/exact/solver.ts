import { availableParallelism } from 'node:os';
import { Semaphore } from '@shadow-gate/platform';
import { workerEntry } from '@shadow-gate/platform/process';
import { symmetricEigenvalues } from '../eigenvalues.ts';
import { WorkerPool } from '../worker-pool.ts';
import type { Band } from './band-reduction.ts';
import { bandValues } from './bidiagonal-values.ts';
import type { Symmetric } from './solver-worker.ts';

/** Work without onnxruntime: the values of bands and of small symmetric matrices. */
export interface Solver {
  /** The singular values of a band. @param band transferred: its entries are no longer usable afterwards */
  values(band: Band): Promise<Float64Array>;
  /** The eigenvalues of a symmetric matrix [size, size], largest first. @param matrix transferred */
  eigenvalues(matrix: Float64Array, size: number): Promise<Float64Array>;
  /** Threads that it may use in addition to this one. */
  readonly threads: number;
  close(): Promise<void>;
}

export const SOLVE_HERE: Solver = {
  values: async (band) => bandValues(band),
  eigenvalues: async (matrix, size) => symmetricEigenvalues(matrix, size),
  threads: 0,
  close: async () => {},
};

/** More threads would mostly wait for Gram matrices. */
const MOST_THREADS = 4;

/** Below this size, the answer takes less time than sending the question. */
const SMALL = 64;

/** Works in worker threads if there is a file to start them from, otherwise in this thread. */
export function openSolver(
  entry: URL | null = workerEntry('solver-worker', import.meta.url),
  threads: number = Math.min(availableParallelism(), MOST_THREADS),
): Solver {
  if (!entry) return SOLVE_HERE;
  // Each thread gives the same answer to a question.
  const pool = new WorkerPool<Band | Symmetric, Float64Array>(entry, threads);
  const ask = (question: Band | Symmetric, { buffer }: Float64Array) => pool.ask(question, [buffer as ArrayBuffer]);
  return {
    values: (band) => ask(band, band.entries),
    eigenvalues: (matrix, size) =>
      size < SMALL ? SOLVE_HERE.eigenvalues(matrix, size) : ask({ matrix, size }, matrix),
    threads,
    close: () => pool.close(),
  };
}

/** Shared by simultaneous spectra. */
export interface SharedResources {
  /** Its holder has the device. */
  readonly mutex: Semaphore;
  /** Meanwhile turns earlier bands and Gram matrices into singular values. */
  readonly solver: Solver;
}

/** For one spectrum at a time. */
export const UNSHARED: SharedResources = { mutex: new Semaphore(1), solver: SOLVE_HERE };
