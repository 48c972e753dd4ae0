// The worker thread: receives bands and answers with their singular values. It is a separate file in dist
// (scripts/build.mjs).
import { parentPort } from 'node:worker_threads';
import type { Band } from './band-reduction.ts';
import { bandValues } from './bidiagonal-values.ts';

/** One for each band, in their order. */
export type Answer = { readonly values: Float64Array } | { readonly error: Error };

parentPort?.on('message', (band: Band) => parentPort?.postMessage(answer(band)));

function answer(band: Band): Answer {
  try {
    return { values: bandValues(band) };
  } catch (error) {
    return { error: error as Error };
  }
}
