/** The number at an index inside the array. Inlined, it costs nothing; `platform/at` would be felt in inner loops. */
export function unchecked(array: Float64Array | Float32Array, index: number): number {
  return array[index] as number;
}
