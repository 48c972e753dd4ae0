// The worker thread: receives bands and symmetric matrices, and answers with their singular values or eigenvalues. It
// is a separate file in dist (scripts/build.ts).
import { parentPort } from 'node:worker_threads';
import { symmetricEigenvalues } from '../eigenvalues.ts';
import type { Band } from './band-reduction.ts';
import { bandValues } from './bidiagonal-values.ts';

/** A symmetric matrix [size, size]; only its lower triangle is read. */
export interface Symmetric {
  readonly matrix: Float64Array;
  readonly size: number;
}

/** One for each question, in their order. */
export type SolverAnswer = { readonly values: Float64Array } | { readonly error: Error };

parentPort?.on('message', (question: Band | Symmetric) => parentPort?.postMessage(answer(question)));

function answer(question: Band | Symmetric): SolverAnswer {
  try {
    return {
      values: 'matrix' in question ? symmetricEigenvalues(question.matrix, question.size) : bandValues(question),
    };
  } catch (error) {
    return { error: error as Error };
  }
}
