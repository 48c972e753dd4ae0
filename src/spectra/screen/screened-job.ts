import { matrixCost } from '../cost.ts';
import type { Job } from '../jobs.ts';
import { isScreenable } from './screen-spectrum.ts';

/**
 * A screen in place of a fast spectrum; the job itself where there is none. Exact spectra are those of small matrices, or of a user
 * who asked for them: nothing takes their place.
 */
export function asScreened(job: Job): Job {
  if (job.kind === 'lora' || job.kind === 'dora' || job.method !== 'fast') return job;
  const { shape } = job.matrix.view;
  return isScreenable(shape) ? { ...job, method: 'screened', cost: matrixCost(shape, 'screened') } : job;
}
