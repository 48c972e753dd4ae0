import { Worker } from 'node:worker_threads';
import { workerEntry } from '../../platform/worker-entry.ts';
import type { Band } from './band-reduction.ts';
import type { Answer } from './band-worker.ts';
import { bandValues } from './bidiagonal-values.ts';

/** Computes the singular values of bands. */
export interface BandSolver {
  /** @param band transferred: its entries are no longer usable afterwards */
  values(band: Band): Promise<Float64Array>;
  close(): Promise<void>;
}

/** Works in this thread. */
export const SOLVE_HERE: BandSolver = {
  values: async (band) => bandValues(band),
  close: async () => {},
};

/** Works in a worker thread if there is a file to start it from, otherwise in this thread. */
export function openBandSolver(entry: URL | null = workerEntry('band-worker', import.meta.url)): BandSolver {
  return entry ? new BandWorker(entry) : SOLVE_HERE;
}

interface Request {
  readonly resolve: (values: Float64Array) => void;
  readonly reject: (error: Error) => void;
}

/** The worker answers in the order of the requests. It is started by the first one. */
class BandWorker implements BandSolver {
  readonly #entry: URL;
  readonly #requests: Request[] = [];
  #worker: Worker | null = null;

  constructor(entry: URL) {
    this.#entry = entry;
  }

  values(band: Band): Promise<Float64Array> {
    this.#worker ??= this.#start();
    const worker = this.#worker;
    return new Promise((resolve, reject) => {
      this.#requests.push({ resolve, reject });
      worker.postMessage(band, [band.entries.buffer as ArrayBuffer]);
    });
  }

  async close(): Promise<void> {
    await this.#worker?.terminate();
  }

  #start(): Worker {
    // A worker may not accept the options of this process: `node --input-type=module -e …`.
    const worker = new Worker(this.#entry, { execArgv: [] });
    worker.on('message', (answer: Answer) => {
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
