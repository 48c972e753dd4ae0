// The worker thread: answers bands and symmetric matrices with their singular values or eigenvalues. It is a separate
// file in dist (scripts/build.ts).
import { symmetricEigenvalues } from '../eigenvalues.ts';
import { answerQuestions } from '../worker-pool.ts';
import type { Band } from './band-reduction.ts';
import { bandValues } from './bidiagonal-values.ts';

/** A symmetric matrix [size, size]; only its lower triangle is read. */
export interface Symmetric {
  readonly matrix: Float64Array;
  readonly size: number;
}

answerQuestions((question: Band | Symmetric) =>
  'matrix' in question ? symmetricEigenvalues(question.matrix, question.size) : bandValues(question),
);
