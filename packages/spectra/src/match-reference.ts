import type { FullCheckpoint } from '@shadow-gate/checkpoints/formats';
import { listMatrices, type Matrix, type Skipped } from '@shadow-gate/checkpoints/matrices';
import { BLOCK_MODULES } from '@shadow-gate/checkpoints/naming';
import { matchNames } from './match-names.ts';

export interface Matched {
  readonly pairs: ReadonlyArray<{ readonly matrix: Matrix; readonly original: Matrix }>;
  readonly skipped: readonly Skipped[];
  /** Matrices of the blocks among those. */
  readonly mismatched: readonly string[];
}

/** Pairs the matrices of a checkpoint with those that they were trained from, with the reason for each unpaired one. */
export function matchMatrices(matrices: readonly Matrix[], reference: FullCheckpoint): Matched {
  const pairs: Array<{ matrix: Matrix; original: Matrix }> = [];
  const skipped: Skipped[] = [];
  const mismatched: string[] = [];
  const originals = new Map(listMatrices(reference).matrices.map((matrix) => [matrix.name, matrix]));
  const names = matrices.map(({ name }) => name);
  const nameInReference = matchNames(names, originals);
  for (const matrix of matrices) {
    const original = originals.get(nameInReference(matrix.name));
    const reason = whyUnmatched(matrix, original);
    if (original && reason === null) {
      pairs.push({ matrix, original });
    } else {
      skipped.push({ name: matrix.name, reason: `ΔW: ${reason}` });
      if (isBlock(matrix)) mismatched.push(matrix.name);
    }
  }
  return { pairs, skipped, mismatched };
}

/** @returns null if the two have a difference */
function whyUnmatched(matrix: Matrix, original: Matrix | undefined): string | null {
  if (!original) return 'the reference does not have it';
  if (matrix.inputFirst !== original.inputFirst) return 'the reference stores it transposed';
  const [shape, originalShape] = [matrix, original].map(({ view }) => view.shape.join(', '));
  return shape === originalShape ? null : `shape [${shape}], in the reference [${originalShape}]`;
}

/** In the headline ratio, so that the reference must have it, unlike a grown vocabulary or a new vision tower. */
function isBlock({ place: { module, component } }: Matrix): boolean {
  return (component === null || component === 'language') && BLOCK_MODULES.includes(module);
}
