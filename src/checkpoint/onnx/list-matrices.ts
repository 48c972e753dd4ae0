import type { Architecture } from '../architecture.ts';
import { isMeasuredDtype } from '../dtype.ts';
import { fusedLayout } from '../fused.ts';
import type { Matrix, MatrixList, Skipped } from '../matrix.ts';
import { inBlock, type MatrixView, outputPart, wholeMatrix } from '../matrix-view.ts';
import { type Place, placeOf } from '../module-type.ts';
import type { OnnxTensor, TensorEntry } from '../types.ts';
import { withoutOperator } from './weight-use.ts';

interface ModelContext {
  readonly architecture: Architecture;
  readonly multimodal: boolean;
}

/**
 * Sort an ONNX model's tensors. What the graph multiplies by, convolves with or looks tokens up in is a matrix; everything else
 * of two dimensions or more (masks, tables of positions, scales) is none.
 */
export function listOnnxMatrices(tensors: readonly OnnxTensor[], model: ModelContext): MatrixList {
  const matrices: Matrix[] = [];
  const vectors: TensorEntry[] = [];
  const skipped: Skipped[] = [];
  for (const tensor of tensors) {
    const reason = whySkipped(tensor, model);
    if (reason !== null) skipped.push({ name: tensor.name, reason });
    else if (tensor.use === null) vectors.push(tensor);
    else matrices.push(...split(tensor, model));
  }
  return { matrices, vectors, skipped };
}

function whySkipped(tensor: OnnxTensor, { architecture }: ModelContext): string | null {
  const { dtype, size, shape, use, unmapped } = tensor;
  if (!isMeasuredDtype(dtype)) return `dtype ${dtype} is not measured`;
  if (size === 0) return `empty: shape [${shape.join(', ')}]`;
  if (shape.length < 2) return size === 1 ? 'a single number' : unmapped;
  if (use === null) return 'not a weight: no MatMul, Gemm, Conv or Gather takes it';
  if (unmapped !== null) return unmapped;
  if (architecture.tied && placeIn(tensor, false).module === 'lm_head') return 'tied to the embeddings';
  return null;
}

function placeIn({ name, use }: OnnxTensor, multimodal: boolean): Place {
  const place = placeOf(withoutOperator(name), multimodal);
  const isTable = use?.opType === 'Gather' || use?.opType === 'EmbedLayerNormalization';
  return place.module === 'other' && isTable ? { ...place, module: 'embed' } : place;
}

function split(tensor: OnnxTensor, model: ModelContext): Matrix[] {
  const { name, shape, use, storedName } = tensor;
  const inputFirst = use?.inputFirst === true;
  const whole: Matrix = {
    name,
    place: placeIn(tensor, model.multimodal),
    view: wholeMatrix(shape),
    source: tensor,
    inputFirst,
    ...(storedName === null ? {} : { note: `stored as ${JSON.stringify(storedName)}` }),
  };
  if (use?.opType.includes('Conv')) return [whole];
  if (shape.length > 2) return stack(whole, shape);
  const [first = 0, second = 0] = shape;
  const [output, input] = inputFirst ? [second, first] : [first, second];
  const layout = fusedLayout(withoutOperator(name), output, input, model.architecture, null);
  if (!layout) return [whole];
  if ('unknown' in layout) return [{ ...whole, note: `fused and not split: ${layout.unknown}` }];
  return layout.parts.map((part) => ({
    ...whole,
    name: `${name}[${part.label}]`,
    place: { ...whole.place, module: part.module },
    view: outputPart(part, input, inputFirst ? 'columns' : 'rows'),
  }));
}

/** Experts come by the hundred. More matrices than this are no stack of weights. */
const MAX_STACK = 4096;

/** A product of stacks: each of the last two dimensions' matrices for itself. */
function stack(whole: Matrix, shape: readonly number[]): Matrix[] {
  const [m = 1, n = 1] = shape.slice(-2);
  const view: MatrixView = wholeMatrix([m, n]);
  const count = shape.slice(0, -2).reduce((product, size) => product * size, 1);
  if (count === 1) return [{ ...whole, view }];
  if (count > MAX_STACK) return [whole];
  return Array.from({ length: count }, (_, index) => ({
    ...whole,
    name: `${whole.name}[${index}]`,
    view: inBlock(view, index, count),
  }));
}
