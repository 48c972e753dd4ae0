import { type PackedMatrix, packedBytes, type TensorEntry } from '@shadow-gate/checkpoints/tensors';

/**
 * How a running model holds its weights: all in float32; all but 4-bit matrices; or 16-bit matrices as stored, and
 * those of 8 bits or fewer as integers that each product expands to float32.
 */
export type HeldWeights = 'float32' | 'four-bit' | 'as-stored';

const FLOAT_BYTES = 4;

/** A matrix as integers with scales; null if it is not held that way. */
export function heldPacked({ recipe }: TensorEntry, held: HeldWeights): PackedMatrix | null {
  const packed = recipe?.packed;
  const isPacked = held === 'as-stored' || (held === 'four-bit' && packed?.bits === 4);
  return isPacked ? (packed ?? null) : null;
}

/** Bytes of a tensor in memory. 16-bit norms are always converted to float32. */
export function heldBytes(entry: TensorEntry, held: HeldWeights, { packs }: { readonly packs: boolean }): number {
  const packed = packs ? heldPacked(entry, held) : null;
  if (packed !== null) return packedBytes(entry, packed);
  return entry.size * (held === 'as-stored' && is16BitMatrix(entry) ? 2 : FLOAT_BYTES);
}

function is16BitMatrix({ recipe, dtype, shape }: TensorEntry): boolean {
  return recipe === undefined && (dtype === 'BF16' || dtype === 'F16') && shape.length > 1;
}
