export { type FloatDtype, isMeasuredDtype } from './dtype.ts';
export { tensorRows } from './layout.ts';
export { type MatrixView, type OutputSlice, outputPart, transposedView, wholeMatrix } from './matrix-view.ts';
export type { PackedMatrix, TensorEntry } from './tensor-entry.ts';
export {
  bitsValue,
  expansionMemory,
  hasRecipes,
  isQuantized,
  isReadable,
  type PackedValues,
  packedBytes,
  packedForm,
  packedValues,
  preparedValue,
  storedEntries,
  tensorBlock,
  tensorValue,
  valueType,
} from './tensor-value.ts';
