import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import type { Band } from './band-reduction.ts';
import type { Answer } from './band-worker.ts';
import { bandValues } from './bidiagonal-values.ts';

/** Who computes the singular values of bands. */
export interface BandSolver {
  /** @param band given away: its entries are gone from here */
  values(band: Band): Promise<Float64Array>;
  close(): Promise<void>;
}

/** In this thread. */
export const SOLVE_HERE: BandSolver = {
  values: async (band) => bandValues(band),
  close: async () => {},
};

/** In a worker thread where there is a file to start one from, else in this one. */
export function openBandSolver(entry: URL | null = workerEntry()): BandSolver {
  return entry ? new BandWorker(entry) : SOLVE_HERE;
}

/** The worker's file: beside the bundle, or beside this source where Node reads TypeScript (22.18 and later). */
function workerEntry(): URL | null {
  const isSource = import.meta.url.endsWith('.ts');
  const isReadable = !isSource || ('typescript' in process.features && Boolean(process.features.typescript));
  const entry = new URL(isSource ? './band-worker.ts' : './band-worker.js', import.meta.url);
  return isReadable && existsSync(fileURLToPath(entry)) ? entry : null;
}

interface Question {
  readonly resolve: (values: Float64Array) => void;
  readonly reject: (error: Error) => void;
}

/** The worker answers in the order of the questions. It starts with the first one. */
class BandWorker implements BandSolver {
  readonly #entry: URL;
  readonly #questions: Question[] = [];
  #worker: Worker | null = null;

  constructor(entry: URL) {
    this.#entry = entry;
  }

  values(band: Band): Promise<Float64Array> {
    this.#worker ??= this.#start();
    const worker = this.#worker;
    return new Promise((resolve, reject) => {
      this.#questions.push({ resolve, reject });
      worker.postMessage(band, [band.entries.buffer as ArrayBuffer]);
    });
  }

  async close(): Promise<void> {
    await this.#worker?.terminate();
  }

  #start(): Worker {
    // Options of this process may be none that a worker can have: `node --input-type=module -e …`.
    const worker = new Worker(this.#entry, { execArgv: [] });
    worker.on('message', (answer: Answer) => {
      const question = this.#questions.shift();
      if ('error' in answer) question?.reject(answer.error);
      else question?.resolve(answer.values);
    });
    const fail = (error: Error) => {
      this.#worker = null;
      for (const { reject } of this.#questions.splice(0)) reject(error);
    };
    worker.on('error', fail);
    worker.on('exit', () => fail(new Error('the worker thread of the spectra ended before it answered')));
    return worker;
  }
}
