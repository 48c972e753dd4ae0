import { ATTENTION_MODULES } from '../naming/module-type.ts';
import { type TensorPlace, tensorPlace } from '../naming/place.ts';
import type { MatrixView } from '../tensors/matrix-view.ts';
import type { TensorEntry } from '../tensors/tensor-entry.ts';

/** A convolution's [out, in, width] is not a stack of heads. */
const CONVOLUTION = /(^|[._])conv/i;
/** TransformerLens: [heads, model, head] for queries, keys and values, [heads, head, model] for the output. */
const TRANSFORMER_LENS = /(?:^|\.)_?W_([QKVO])$/;

const HEADS_BIAS = /(?:^|\.)_?b_[QKV]$/;

/** The biases of all heads, [heads, head], in TransformerLens (`b_Q`) and flax (`query.bias`). */
export function isHeadsBias({ name, shape }: Pick<TensorEntry, 'name' | 'shape'>): boolean {
  if (shape.length !== 2) return false;
  if (HEADS_BIAS.test(name)) return true;
  const module = name.replace(/\.bias$/, '');
  return module !== name && ATTENTION_MODULES.includes(tensorPlace(module, { multimodal: true }).module);
}

/** Gains of the norms of queries or keys, [heads, head] (Command R+): nothing is multiplied by them as a matrix. */
export function isHeadsNorm({ name, shape }: Pick<TensorEntry, 'name' | 'shape'>): boolean {
  return shape.length === 2 && /(?:^|\.)[qk]_norm\.weight$/.test(name);
}

/**
 * The weights of all heads of an attention projection, [heads, head, model] or [heads, model, head], as the matrix
 * [heads · head, model] that other models store: with the same rows, so the same spectrum. [model, heads, head] (flax)
 * is its transpose. @returns how to read a stack, or why that is unknown; null for any other tensor
 */
export function headsLayout(
  { name, shape }: Pick<TensorEntry, 'name' | 'shape'>,
  { module }: Pick<TensorPlace, 'module'>,
  model: number | null,
): { readonly view: MatrixView } | { readonly unknown: string } | null {
  if (shape.length !== 3 || !ATTENTION_MODULES.includes(module) || CONVOLUTION.test(name)) return null;
  const [first, second, third] = shape as [number, number, number];
  // The kernel of a convolution of width 1.
  if (third === 1) return null;
  const [, letter] = TRANSFORMER_LENS.exec(name) ?? [];
  if (letter !== undefined) return { view: letter === 'O' ? stacked(shape) : swapped(shape) };
  if (model === null)
    return { unknown: 'weights of attention heads, and the model size is not known: config.json is needed' };
  const isModel = [first === model, second === model, third === model];
  if (isModel.filter(Boolean).length !== 1) {
    return { unknown: `weights of attention heads in an unknown order: [${shape.join(', ')}], model size ${model}` };
  }
  if (isModel[0]) return { view: { dims: [first, second * third], slices: [], shape: [first, second * third] } };
  return { view: isModel[2] ? stacked(shape) : swapped(shape) };
}

/** [heads, head, model] as [heads · head, model], which has the same order of elements. */
function stacked(shape: readonly number[]): MatrixView {
  const [heads, size, model] = shape as [number, number, number];
  return { dims: [heads * size, model], slices: [], shape: [heads * size, model] };
}

function swapped(shape: readonly number[]): MatrixView {
  const [heads, model, size] = shape as [number, number, number];
  return { dims: [heads, model, size], slices: [], order: [0, 2, 1], shape: [heads * size, model] };
}
