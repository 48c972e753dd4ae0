import { GRAM_UP_TO } from './exact/exact-spectrum.ts';
import type { Job } from './jobs.ts';
import type { Method } from './metrics-schema.ts';

/** What of a Gram matrix takes how long: the product in float64, and the eigenvalues, which are no matrix product. */
const GRAM = { product: 2.5, eigenvalues: 45 } as const;

/** The same of a band: the reduction of a long matrix, and of what is square then. */
const BAND = { long: 2.6, square: 3.7 } as const;

/** Products with the matrix that a fast spectrum takes, in vectors. */
const FAST_VECTORS = 3600;

/** As many more rows of the matrix would take as long as the work on the Krylov basis. */
const BASIS_ROWS = 1500;

/**
 * What a spectrum costs, about, in multiplications of a float32 product of matrices. The factors are times that were measured on
 * two cores; another machine has others, but not by much.
 */
export function costOf(job: Job, method: Method): number {
  if (job.kind === 'lora') {
    // Only a core of r × r has eigenvalues; before it the two factors are orthogonalised.
    const { rank } = job.update.module;
    return GRAM.product * rank ** 2 * job.shape.reduce((sum, size) => sum + size, 0) + GRAM.eigenvalues * rank ** 3;
  }
  const [rows, columns] = job.matrix.view.shape;
  const [short, long] = [Math.min(rows, columns), Math.max(rows, columns)];
  if (method === 'fast') return FAST_VECTORS * short * (long + BASIS_ROWS);
  return short <= GRAM_UP_TO
    ? GRAM.product * short ** 2 * long + GRAM.eigenvalues * short ** 3
    : BAND.long * short ** 2 * long + BAND.square * short ** 3;
}

/** Jobs of one kind take about as long. */
export function kindOf(job: Job, method: Method): string {
  const shape = job.kind === 'lora' ? [job.update.module.rank, ...job.shape] : job.matrix.view.shape;
  return `${job.kind} ${method} ${shape.join(' × ')}`;
}
