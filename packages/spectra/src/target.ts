import type { FullCheckpoint } from '@shadow-gate/checkpoints/formats';
import type { Matrix, Skipped } from '@shadow-gate/checkpoints/matrices';
import type { TensorPlace } from '@shadow-gate/checkpoints/naming';
import type { TensorEntry } from '@shadow-gate/checkpoints/tensors';
import type { DoraWeight } from './dora.ts';
import type { MatrixSource } from './load-matrix.ts';
import type { LoraUpdate } from './lora-spectrum.ts';
import { matchMatrices } from './match-reference.ts';

interface Description {
  readonly name: string;
  readonly place: TensorPlace;
  /** As stored. */
  readonly shape: readonly number[];
  readonly note?: string | undefined;
}

type Input =
  | { readonly kind: 'weight'; readonly of: 'weight'; readonly matrix: MatrixSource }
  | Readonly<{ kind: 'difference'; of: 'delta'; matrix: MatrixSource; reference: MatrixSource }>
  | { readonly kind: 'lora'; readonly of: 'delta'; readonly update: LoraUpdate }
  /** ΔW of DoRA, computed from the weight of the base model. */
  | { readonly kind: 'dora'; readonly of: 'delta'; readonly matrix: MatrixSource; readonly dora: DoraWeight };

export type SpectrumTarget = Description & Input;

/** The spectra of a checkpoint, before it is decided how each is computed. */
export interface Draft {
  readonly jobs: readonly SpectrumTarget[];
  /** Tensors without a spectrum, to be searched for NaN and Inf. */
  readonly vectors: readonly TensorEntry[];
  readonly skipped: readonly Skipped[];
  /** Matrices of the blocks that the reference lacks, or has in another shape. */
  readonly mismatched: readonly string[];
}

export function weightJob(matrix: Matrix): SpectrumTarget {
  return { kind: 'weight', of: 'weight', ...describe(matrix), matrix };
}

function describe({ name, place, view, source, note }: Matrix): Description {
  // The stored shape, also of a convolution, unless the matrix is a part of the tensor or has other rows.
  const isStored = view.slices.length === 0 && view.shape[0] === source.shape[0];
  return { name, place, shape: isStored ? source.shape : view.shape, note };
}

/** ΔW of every matrix that the reference has too. */
export function differences(matrices: readonly Matrix[], reference: FullCheckpoint | null) {
  if (!reference) return { jobs: [], skipped: [], mismatched: [] };
  const { pairs, skipped, mismatched } = matchMatrices(matrices, reference);
  const jobs = pairs.map(({ matrix, original }): SpectrumTarget => {
    return { kind: 'difference', of: 'delta', ...describe(matrix), matrix, reference: original };
  });
  return { jobs, skipped, mismatched };
}
