import { type PackedMatrix, packedBytes, type TensorEntry } from '@shadow-gate/checkpoints/tensors';

/**
 * How the weights of a running model are held: all in float32; all but matrices of 4 bits; or matrices of 16 bits as
 * they are stored, and those of 8 bits or fewer as whole numbers, each of which is expanded to float32 for a product.
 */
export type HeldWeights = 'float32' | 'four-bit' | 'as-stored';

const FLOAT_BYTES = 4;

/** How a matrix is held as whole numbers with scales; null where it is not. */
export function heldPacked({ recipe }: TensorEntry, held: HeldWeights): PackedMatrix | null {
  const packed = recipe?.packed;
  const isPacked = held === 'as-stored' || (held === 'four-bit' && packed?.bits === 4);
  return isPacked ? (packed ?? null) : null;
}

/** Bytes of a tensor in memory. Norms of 16 bits are always converted to float32. */
export function heldBytes(entry: TensorEntry, held: HeldWeights, { packs }: { readonly packs: boolean }): number {
  const packed = packs ? heldPacked(entry, held) : null;
  if (packed !== null) return packedBytes(entry, packed);
  return entry.size * (held === 'as-stored' && is16BitMatrix(entry) ? 2 : FLOAT_BYTES);
}

function is16BitMatrix({ recipe, dtype, shape }: TensorEntry): boolean {
  return recipe === undefined && (dtype === 'BF16' || dtype === 'F16') && shape.length > 1;
}
