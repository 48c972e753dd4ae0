import { at, given } from '@shadow-gate/platform';
import type { Architecture } from '../config/architecture.ts';
import type { OnnxTensor } from '../formats/full-checkpoint.ts';
import { isTableName, type RecurrentOperator, type RecurrentUse, withoutOperator } from '../formats/onnx/weight-use.ts';
import { type TensorPlace, tensorPlace } from '../naming/place.ts';
import { isMeasuredDtype } from '../tensors/dtype.ts';
import { inBlock, type MatrixView, outputPart, wholeMatrix } from '../tensors/matrix-view.ts';
import type { TensorEntry } from '../tensors/tensor-entry.ts';
import { fusedLayout } from './fused.ts';
import { type Matrix, type MatrixList, type Skipped, unsplit } from './matrix.ts';
import { unexpectedDtype } from './skipped-tensor.ts';

interface OnnxModelContext {
  readonly architecture: Architecture;
  readonly multimodal: boolean;
}

/** The graph multiplies by matrices, convolves with them, looks tokens up in them or uses them in a recurrent layer. */
export function listOnnxMatrices(tensors: readonly OnnxTensor[], model: OnnxModelContext): MatrixList {
  const matrices: Matrix[] = [];
  const vectors: TensorEntry[] = [];
  const skipped: Skipped[] = [];
  for (const tensor of tensors) {
    const reason = whySkipped(tensor, model);
    if (reason !== null) skipped.push(describeSkipped(tensor, reason));
    else if (tensor.use === null) vectors.push(tensor);
    else for (const matrix of split(tensor, model)) matrices.push(matrix);
  }
  return { matrices, vectors, skipped };
}

const TIED = 'tied to the embeddings';

function whySkipped(tensor: OnnxTensor, { architecture }: OnnxModelContext): string | null {
  const { dtype, size, shape, use, unmapped, isBias } = tensor;
  if (!isMeasuredDtype(dtype)) return `dtype ${dtype} is not measured`;
  if (size === 0) return `empty: shape [${shape.join(', ')}]`;
  if (shape.length < 2) return size === 1 ? 'a single number' : unmapped;
  if (use === null && isBias) return unmapped;
  if (use === null) return 'not a weight: no MatMul, Gemm, Conv, Gather or recurrent layer takes it';
  if (unmapped !== null) return unmapped;
  if (architecture.tied && placeIn(tensor, { multimodal: false }).module === 'lm_head') return TIED;
  return null;
}

/** Integers that the graph multiplies by are weights; tables of positions, masks and duplicates are not. */
function describeSkipped({ name, dtype, size, use }: OnnxTensor, reason: string): Skipped {
  const isBuffer = reason === TIED || isTableName(name);
  if (isMeasuredDtype(dtype)) return { name, reason, dtype, parameters: isBuffer ? 0 : size };
  const isWeight = use !== null && use.opType !== 'Gather';
  if (!isWeight) return { name, reason, dtype, parameters: 0 };
  return { name, reason: unexpectedDtype(dtype), dtype, parameters: size, cause: 'unexpected-dtype' };
}

function placeIn({ name, use }: OnnxTensor, model: Pick<OnnxModelContext, 'multimodal'>): TensorPlace {
  const place = tensorPlace(withoutOperator(name), model);
  const isTable = use?.opType === 'Gather' || use?.opType === 'EmbedLayerNormalization';
  return place.module === 'other' && isTable ? { ...place, module: 'embed' } : place;
}

function split(tensor: OnnxTensor, model: OnnxModelContext): Matrix[] {
  const { name, shape, use, storedName } = tensor;
  const inputFirst = use?.inputFirst === true;
  const note = storedName === null ? undefined : `stored as ${JSON.stringify(storedName)}`;
  const place = placeIn(tensor, model);
  const whole: Matrix = { name, place, view: wholeMatrix(shape), source: tensor, inputFirst, ...given({ note }) };
  if (use?.opType.includes('Conv')) return [whole];
  const recurrent = use?.recurrent && !inputFirst ? splitRecurrent(whole, shape, use.recurrent) : null;
  if (recurrent) return recurrent;
  if (shape.length > 2) return stack(whole, shape);
  const [first, second] = [at(shape, 0), at(shape, 1)];
  const [output, input] = inputFirst ? [second, first] : [first, second];
  const { architecture } = model;
  const layout = fusedLayout(withoutOperator(name), { output, input, architecture, attentionInput: null });
  if (!layout) return [whole];
  if ('unknown' in layout) return [unsplit(whole, layout.unknown)];
  return layout.parts.map((part) => ({
    ...whole,
    name: `${name}[${part.label}]`,
    place: { ...whole.place, module: part.module },
    view: outputPart(part, input, inputFirst ? 'columns' : 'rows'),
  }));
}

/** Models have hundreds of experts. A tensor with more matrices than this is not a stack of weights. */
const MAX_STACK = 4096;

function stack(whole: Matrix, shape: readonly number[]): Matrix[] {
  const view: MatrixView = wholeMatrix(shape.slice(-2));
  const count = shape.slice(0, -2).reduce((product, size) => product * size, 1);
  if (count === 1) return [{ ...whole, view }];
  if (count > MAX_STACK) return [whole];
  return Array.from({ length: count }, (_, index) => ({
    ...whole,
    name: `${whole.name}[${index}]`,
    view: inBlock(view, index, count),
  }));
}

/** The gates in the order of ONNX (https://onnx.ai/onnx/operators/onnx__LSTM.html, …__GRU.html). An RNN has none. */
const GATES: Readonly<Record<RecurrentOperator, readonly string[]>> = {
  LSTM: ['input gate', 'output gate', 'forget gate', 'cell gate'],
  GRU: ['update gate', 'reset gate', 'hidden gate'],
  RNN: [],
};

/**
 * The matrices of a recurrent layer: one for each direction and gate. Gates that the graph reorders are numbered.
 * @param whole [directions, gates · hidden, in], or [gates · hidden, in] before its axis is added
 * @returns null for any other shape
 */
function splitRecurrent(whole: Matrix, shape: readonly number[], use: RecurrentUse): Matrix[] | null {
  if (shape.length > 3) return null;
  const directions = shape.length === 3 ? at(shape, 0) : 1;
  if (directions > 2) return null;
  const [rows, input] = [at(shape, shape.length - 2), at(shape, shape.length - 1)];
  const gates = GATES[use.opType];
  const hidden = use.hidden ?? rows / gates.length;
  const hasGates = gates.length > 0 && Number.isInteger(hidden) && rows === gates.length * hidden;
  return Array.from({ length: directions }, (_, direction) => direction).flatMap((direction) => {
    const name = directions === 1 ? whole.name : `${whole.name}[${direction === 0 ? 'forward' : 'backward'}]`;
    const place = (view: MatrixView) => (shape.length === 3 ? inBlock(view, direction, directions) : view);
    if (!hasGates) return [{ ...whole, name, view: place(wholeMatrix([rows, input])) }];
    return gates.map((gate, index): Matrix => {
      const slice = { axis: 0, start: index, end: index + 1 };
      const view = outputPart({ outDims: [gates.length, hidden], slice }, input, 'rows');
      return { ...whole, name: `${name}[${use.isReordered ? `gate ${index + 1}` : gate}]`, view: place(view) };
    });
  });
}
