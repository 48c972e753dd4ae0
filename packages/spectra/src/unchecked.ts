/**
 * The number at an index that the surrounding loop keeps inside the array. Inlined, it costs nothing; the check of
 * `platform/at` would be felt in the inner loops of the decompositions.
 */
export function unchecked(array: Float64Array | Float32Array, index: number): number {
  return array[index] as number;
}
