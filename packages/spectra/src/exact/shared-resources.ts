import { Semaphore } from '@shadow-gate/platform';
import { SOLVE_HERE, type Solver } from './solver.ts';

/** What spectra that are computed at the same time share. */
export interface SharedResources {
  /** Its holder has the device. */
  readonly mutex: Semaphore;
  /** Turns the bands and Gram matrices of the previous matrices into singular values meanwhile. */
  readonly solver: Solver;
}

/** For one spectrum at a time. */
export const UNSHARED: SharedResources = { mutex: new Semaphore(1), solver: SOLVE_HERE };
