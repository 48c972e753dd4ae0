import { at } from '@shadow-gate/platform';
import { type MatrixView, transposedView, wholeMatrix } from '../tensors/matrix-view.ts';
import type { LoraModule } from './adapter.ts';

/** How A [r, in] and B [out, r] are read from their tensors, whichever way they are stored. */
export function loraFactors({ a, b, inputFirst, views }: LoraModule): {
  readonly a: MatrixView;
  readonly b: MatrixView;
} {
  if (views) return views;
  const read = (shape: readonly number[]) => (inputFirst ? transposedView(wholeMatrix(shape)) : wholeMatrix(shape));
  return { a: read(a.shape), b: read(b.shape) };
}

/** Numbers of input and output features of the adapted module. */
export function loraFeatures(module: LoraModule): { readonly input: number; readonly output: number } {
  const { a, b } = loraFactors(module);
  return { input: at(a.shape, 1), output: at(b.shape, 0) };
}
