import { SOLVE_HERE, type Solver } from './solver.ts';

/** Runs one piece of work at a time: each waits until the one before it has ended, successfully or not. */
export class Mutex {
  #last: Promise<unknown> = Promise.resolve();

  run<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#last.then(work, work);
    this.#last = result.catch(() => {});
    return result;
  }
}

/** What spectra that are computed at the same time share. */
export interface SharedResources {
  /** Its holder has the device. */
  readonly mutex: Mutex;
  /** Turns the bands and Gram matrices of the previous matrices into singular values meanwhile. */
  readonly solver: Solver;
}

/** For one spectrum at a time. */
export const UNSHARED: SharedResources = { mutex: new Mutex(), solver: SOLVE_HERE };
