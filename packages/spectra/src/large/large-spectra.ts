import { availableParallelism } from 'node:os';
import { workerEntry } from '@shadow-gate/platform/process';
import type { Mutex } from '../exact/shared-resources.ts';
import type { MatrixSource } from '../load-matrix.ts';
import type { Spectrum } from '../spectrum.ts';
import { WorkerPool } from '../worker-pool.ts';
import { type LargeMatrix, largeSpectrum } from './large-spectrum.ts';
import { MemoryBudget } from './memory-budget.ts';

/** Most matrices in progress: each has its memory. */
const MOST_THREADS = 4;

interface LargeSpectraOptions {
  /** Its holder has the device. */
  readonly mutex: Mutex;
  /** Bytes that the work on all of them may take. */
  readonly memoryLimit: number;
  /** How many there are: one alone has all cores. */
  readonly matrices: number;
  /** The file of a worker thread; null if there is none. */
  readonly entry?: URL | null;
}

/**
 * Spectra of large matrices, some at the same time. A third of the work on one is for a single core: small linear
 * algebra, copies, opening sessions. So each has its part of the cores, and they need not wait for each other.
 */
export class LargeSpectra {
  readonly #mutex: Mutex;
  readonly #memory: MemoryBudget;
  readonly #pool: WorkerPool<LargeMatrix, Spectrum> | null;

  constructor({ mutex, memoryLimit, matrices, entry = defaultEntry() }: LargeSpectraOptions) {
    this.#mutex = mutex;
    this.#memory = new MemoryBudget(memoryLimit);
    const threads = Math.min(MOST_THREADS, availableParallelism(), matrices);
    this.#pool = entry && threads > 1 ? new WorkerPool(entry, threads) : null;
  }

  /** How many are computed at the same time in threads of their own; 0 if none is. */
  get threads(): number {
    return this.#pool?.threads ?? 0;
  }

  /** @param memory bytes that it needs at its peak */
  spectrum(matrix: LargeMatrix, memory: number): Promise<Spectrum> {
    const pool = canBeSent(matrix) ? this.#pool : null;
    return this.#memory.run(memory, async () => {
      if (!pool) return this.#here(matrix);
      const threads = Math.max(1, Math.floor(availableParallelism() / pool.threads));
      // Where a thread fails, the error that its reader knows comes here, if it comes again.
      return pool.ask({ ...matrix, device: { threads, ...matrix.device } }).catch(() => this.#here(matrix));
    });
  }

  async close(): Promise<void> {
    await this.#pool?.close();
  }

  #here(matrix: LargeMatrix): Promise<Spectrum> {
    return this.#mutex.run(() => largeSpectrum(matrix));
  }
}

function defaultEntry(): URL | null {
  return workerEntry('large-worker', import.meta.url);
}

/** What is computed from a tensor instead of read is a function, which no thread receives. */
function canBeSent({ matrix, reference, device }: LargeMatrix): boolean {
  const isPlain = ({ source, compute }: MatrixSource) => source.recipe === undefined && compute === undefined;
  return device.name === 'cpu' && isPlain(matrix) && (reference === null || isPlain(reference));
}
