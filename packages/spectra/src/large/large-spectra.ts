import { availableParallelism } from 'node:os';
import type { Semaphore } from '@shadow-gate/platform';
import { workerEntry } from '@shadow-gate/platform/process';
import type { MatrixSource } from '../load-matrix.ts';
import type { Spectrum } from '../spectrum.ts';
import { WorkerPool } from '../worker-pool.ts';
import { type LargeMatrix, largeSpectrum } from './large-spectrum.ts';

/** Threads at most: the matrix of each is in memory. */
const MOST_THREADS = 4;

interface LargeSpectraOptions {
  /** Its holder has the device. */
  readonly mutex: Semaphore;
  /** Most matrices: one alone has all cores. */
  readonly matrices: number;
  /** The file of a worker thread; null if there is none. */
  readonly entry?: URL | null;
}

/**
 * Spectra of large matrices, some at the same time. A third of the work on one keeps a single core busy: small linear
 * algebra, copies, opening sessions. So each has its part of the cores.
 */
export class LargeSpectra {
  readonly #mutex: Semaphore;
  readonly #pool: WorkerPool<LargeMatrix, Spectrum> | null;
  #hasFailed = false;

  constructor({ mutex, matrices, entry = workerEntry('large-worker', import.meta.url) }: LargeSpectraOptions) {
    this.#mutex = mutex;
    const cores = availableParallelism();
    // Half of the cores that a system counts may be the second threads of the others.
    const threads = Math.min(MOST_THREADS, cores, Math.max(2, Math.floor(cores / 2)), matrices);
    this.#pool = entry && threads > 1 ? new WorkerPool(entry, threads) : null;
  }

  /** Number of simultaneous spectra in threads of their own; 0 without any. */
  get threads(): number {
    return this.#pool?.threads ?? 0;
  }

  async spectrum(asked: LargeMatrix): Promise<Spectrum> {
    const matrix = this.#besideOthers(asked);
    if (!this.#pool || this.#hasFailed || !canBeSent(matrix)) return this.#here(matrix);
    try {
      return await this.#pool.ask(matrix);
    } catch {
      // One at a time takes less memory, and an error that repeats has its own class here.
      this.#hasFailed = true;
      return this.#here(matrix);
    }
  }

  async close(): Promise<void> {
    await this.#pool?.close();
  }

  /** With an equal part of the cores for all, since the last digits of sums depend on it. */
  #besideOthers(matrix: LargeMatrix): LargeMatrix {
    const { device } = matrix;
    if (!this.#pool || device.name !== 'cpu') return matrix;
    const threads = Math.max(1, Math.floor(availableParallelism() / this.#pool.threads));
    return { ...matrix, device: { threads, ...device } };
  }

  #here(matrix: LargeMatrix): Promise<Spectrum> {
    return this.#mutex.run(() => largeSpectrum(matrix));
  }
}

/** Threads receive no functions, so no tensor that is computed. */
function canBeSent({ matrix, reference, device }: LargeMatrix): boolean {
  const isPlain = ({ source, compute }: MatrixSource) => source.recipe === undefined && compute === undefined;
  return device.name === 'cpu' && isPlain(matrix) && (reference === null || isPlain(reference));
}
