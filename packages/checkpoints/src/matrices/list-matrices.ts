import { at, UserError } from '@shadow-gate/platform';
import { type Architecture, MAX_EXPERTS } from '../config/architecture.ts';
import type { OnnxTensor } from '../formats/full-checkpoint.ts';
import { isConv1d } from '../formats/quantized/conv1d.ts';
import { MLP_MODULES } from '../naming/module-type.ts';
import { mtpLayers } from '../naming/mtp-layers.ts';
import { type ModelKind, type TensorPlace, tensorPlace } from '../naming/place.ts';
import { inBlock, type MatrixView, outputPart, transposedView, wholeMatrix } from '../tensors/matrix-view.ts';
import type { TensorEntry } from '../tensors/tensor-entry.ts';
import { tensorBlock } from '../tensors/tensor-value.ts';
import { headsLayout } from './attention-heads.ts';
import { isBuffer, isQuantizationScale } from './buffers.ts';
import { fusedLayout } from './fused.ts';
import type { FusedPart } from './fused-layout.ts';
import { type Matrix, type MatrixList, type Skipped, unsplit } from './matrix.ts';
import { gatedMlpHalves, moduleByShape } from './mlp-by-shape.ts';
import { listOnnxMatrices } from './onnx-matrices.ts';
import { skippedBuffer, skippedWeight, whyUnreadable } from './skipped-tensor.ts';
import { isVector } from './vectors.ts';

export interface MatrixContext {
  readonly tensors: ReadonlyMap<string, TensorEntry>;
  readonly architecture: Architecture;
  readonly multimodal: boolean;
  readonly onnx?: readonly OnnxTensor[] | null;
}

type Sorted = MatrixContext & ModelKind;

/** Sort tensors into matrices, vectors and skipped ones, by name. @throws UserError as `refuseTiny`, or for a stack */
export function listMatrices(model: MatrixContext): MatrixList {
  const list = model.onnx ? listOnnxMatrices(model.onnx, model) : sortTensors(model);
  const [first] = list.matrices;
  if (first) {
    const parameters = list.matrices.reduce((sum, { view: { shape } }) => sum + at(shape, 0) * at(shape, 1), 0);
    refuseTiny({ name: first.name, count: list.matrices.length, parameters });
  }
  return list;
}

/** Up to this number, matrices of any size are measured: each takes some milliseconds. */
const MANY_MATRICES = 4096;
/** The smallest experts of a model have thousands of parameters. */
const FEW_PARAMETERS = 256;

interface Stack {
  readonly name: string;
  readonly count: number;
  readonly parameters: number;
}

/** @throws UserError for many matrices of few parameters: a stack of them in a small file would take hours */
export function refuseTiny({ name, count, parameters }: Stack): void {
  if (count <= MANY_MATRICES || parameters >= FEW_PARAMETERS * count) return;
  throw new UserError(
    `${JSON.stringify(name)} is one of ${count} matrices with ${(parameters / count).toFixed(1)} parameters on average, which no model has`,
    'check the shapes of its stacks: the first dimension is that of the experts',
  );
}

function sortTensors(listed: MatrixContext): MatrixList {
  const model = { ...listed, mtpLayers: mtpLayers(listed) };
  const matrices: Matrix[] = [];
  const vectors: TensorEntry[] = [];
  const skipped: Skipped[] = [];
  const hidden = hiddenSizeOf(model);
  for (const entry of model.tensors.values()) {
    const [whyBuffer, problem] = [whyNoWeight(entry, model), whyUnreadable(entry)];
    if (whyBuffer !== null) skipped.push(skippedBuffer(entry, whyBuffer));
    else if (problem !== null) skipped.push(skippedWeight(entry, problem));
    else if (isVector(entry)) vectors.push(entry);
    else {
      const found = expertStack(entry, model) ?? headsOf(entry, model, hidden) ?? splitFused(entry, model, hidden);
      if ('unknown' in found) skipped.push(skippedWeight(entry, found.unknown));
      else for (const matrix of found) matrices.push(matrix);
    }
  }
  return { matrices, vectors, skipped };
}

function whyNoWeight(entry: TensorEntry, { architecture, tensors }: MatrixContext): string | null {
  if (isBuffer(entry)) return 'a buffer, not a weight';
  if (isQuantizationScale(entry.name, tensors)) return 'a scale of quantized weights, not a weight';
  // transformers ties the two when it loads, whatever is stored.
  if (architecture.tied && tensorPlace(entry.name, { multimodal: false }).module === 'lm_head')
    return 'tied to the embeddings';
  return null;
}

/** The size of the hidden state by config.json or else by the largest embedding. */
function hiddenSizeOf({ architecture, tensors, multimodal }: MatrixContext): number | null {
  if (architecture.hiddenSize !== null) return architecture.hiddenSize;
  const embeddings = [...tensors.values()].filter(
    ({ name, shape }) =>
      shape.length === 2 && tensorPlace(name, { multimodal }).module === 'embed' && !PER_LAYER_EMBEDDINGS.test(name),
  );
  const [largest] = embeddings.sort((a, b) => b.size - a.size);
  return largest?.shape[1] ?? null;
}

/** As many columns as all layers together (Gemma 3n and 4). */
const PER_LAYER_EMBEDDINGS = /embed_tokens_per_layer/;

/** For an MLP's matrix with an ambiguous name, the shape decides. */
function placeWith(entry: TensorEntry, model: Sorted, hidden: number | null): TensorPlace {
  const place = tensorPlace(entry.name, model);
  if (place.module === 'other' && entry.shape.length > 2 && entry.name.endsWith('.weight'))
    return { ...place, module: 'conv' };
  if (!MLP_MODULES.includes(place.module)) return place;
  return { ...place, module: moduleByShape(entry, model.tensors, hidden) ?? place.module };
}

function headsOf(
  entry: TensorEntry,
  model: Sorted,
  hidden: number | null,
): Matrix[] | { readonly unknown: string } | null {
  const place = tensorPlace(entry.name, model);
  const size = place.component === 'vision' ? architectureOf(place, model).hiddenSize : hidden;
  const layout = headsLayout(entry, place, size);
  if (layout === null || 'unknown' in layout) return layout;
  return [{ name: entry.name, place, view: layout.view, source: entry }];
}

/** TransformerLens stores its head as [model, vocabulary]. Elsewhere, a row is a token. */
const COLUMN_PER_TOKEN = /(^|\.)W_U$/;

function splitFused(entry: TensorEntry, model: Sorted, hidden: number | null): Matrix[] {
  const place = placeWith(entry, model, hidden);
  const whole: Matrix = { name: entry.name, place, view: viewOf(entry, place), source: entry };
  if (entry.shape.length !== 2) return [whole];
  if (COLUMN_PER_TOKEN.test(entry.name)) return [{ ...whole, view: transposedView(whole.view) }];
  const [first, second] = [at(entry.shape, 0), at(entry.shape, 1)];
  const halves = gatedMlpHalves(entry, model.tensors);
  const orientation = !halves && isConv1D(entry, model) ? 'columns' : 'rows';
  const [output, input] = orientation === 'rows' ? [first, second] : [second, first];
  const partsOf = (parts: readonly FusedPart[]): Matrix[] =>
    parts.map((part) => ({
      name: `${entry.name}[${part.label}]`,
      place: { ...place, module: part.module },
      view: outputPart(part, input, orientation),
      source: entry,
    }));
  if (halves) return partsOf(halves);
  const layout = fusedLayout(entry.name, {
    output,
    input,
    architecture: architectureOf(place, model),
    attentionInput: attentionInput(entry.name, model),
  });
  if (!layout) return [whole];
  return 'unknown' in layout ? [unsplit(whole, layout.unknown)] : partsOf(layout.parts);
}

/** Tables of embeddings: [1, positions, model], or one for each axis of an image (Gemma 4). */
function viewOf({ shape }: TensorEntry, { module }: TensorPlace): MatrixView {
  const whole = wholeMatrix(shape);
  if (module !== 'embed' || shape.length < 3) return whole;
  const model = at(shape, shape.length - 1);
  const rows = at(whole.shape, 0) * (at(whole.shape, 1) / model);
  return { dims: [rows, model], slices: [], shape: [rows, model] };
}

/** A vision tower has its own number of heads. */
function architectureOf(place: TensorPlace, { architecture }: MatrixContext): Architecture {
  return place.component === 'vision' && architecture.vision
    ? { ...architecture, ...architecture.vision, headDim: null }
    : architecture;
}

/** Without a family, the shape of the fused projection decides. */
function isConv1D(entry: TensorEntry, { architecture }: MatrixContext): boolean {
  if (architecture.layoutType !== null) return isConv1d(entry.name, architecture.layoutType);
  return entry.name.endsWith('c_attn.weight') && entry.shape[1] === 3 * at(entry.shape, 0);
}

/** Input features of the attention output projection in the same block: as many as query features. */
export function attentionInput(name: string, { tensors }: Pick<MatrixContext, 'tensors'>): number | null {
  // Not by an expression that looks for the end from each place: a stranger's name can be long.
  const stem = name.replace(/\.weight$/, '');
  const block = stem.slice(0, stem.lastIndexOf('.') + 1);
  for (const leaf of ['o_proj', 'out_proj', 'dense', 'wo']) {
    const projection = tensors.get(`${block}${leaf}.weight`);
    if (projection?.shape.length === 2) return projection.shape[1] ?? null;
  }
  return null;
}

/** Families that store stacked experts as [experts, in, out] instead of [experts, out, in]. */
const INPUT_FIRST_EXPERTS = new Set(['gpt_oss', 'llama4', 'llama4_text']);
/** Families with both: transformers 5 writes the second, the hub's files have the first. */
const EITHER_EXPERTS = new Set(['qwen3_vl_moe', 'qwen3_vl_moe_text']);

function isInputFirst(
  { shape }: TensorEntry,
  { module }: TensorPlace,
  { layoutType, hiddenSize }: Architecture,
): boolean {
  if (layoutType === null || !EITHER_EXPERTS.has(layoutType)) {
    return layoutType !== null && INPUT_FIRST_EXPERTS.has(layoutType);
  }
  return shape[module === 'down_proj' ? 2 : 1] === hiddenSize;
}

/** A matrix of one expert: a view of the stack, or its own tensor if codes are expanded or parts put together. */
function ofExpert(stack: TensorEntry, view: MatrixView, expert: number): Pick<Matrix, 'view' | 'source'> {
  const count = at(stack.shape, 0);
  return stack.recipe === undefined && stack.layout === undefined
    ? { view: inBlock(view, expert, count), source: stack }
    : { view, source: tensorBlock(stack, expert, count) };
}

/** All experts of a layer in one tensor: [experts, …, …], or DBRX's [experts · width, hidden]. */
function expertStack(entry: TensorEntry, model: Sorted): Matrix[] | null {
  const place = tensorPlace(entry.name, model);
  const [first, second, third] = [at(entry.shape, 0), at(entry.shape, 1), entry.shape[2]];
  const { experts } = model.architecture;
  const isDbrx =
    /\.experts\.mlp\.(w1|v1|w2)$/.test(entry.name) &&
    experts !== null &&
    experts <= MAX_EXPERTS &&
    first % experts === 0;
  if (isDbrx && third === undefined) {
    return Array.from({ length: experts }, (_, expert) => ({
      name: `${entry.name}[expert ${expert}]`,
      place: { ...place, expert },
      view: inBlock(wholeMatrix([first / experts, second]), expert, experts),
      source: entry,
    }));
  }
  const isStack = /(^|\.)experts\.|\.(input_linear|output_linear)(\.weight)?$/.test(entry.name);
  if (entry.shape.length !== 3 || third === undefined || !isStack) return null;
  if (first > MAX_EXPERTS) {
    throw new UserError(
      `${JSON.stringify(entry.name)} has ${first} experts, more than ${MAX_EXPERTS}`,
      'check its shape: the first dimension is that of the experts',
    );
  }
  const orientation = isInputFirst(entry, place, model.architecture) ? 'columns' : 'rows';
  const turned = orientation === 'columns' ? { inputFirst: true } : {};
  const [output, input] = orientation === 'rows' ? [second, third] : [third, second];
  const { architecture } = model;
  const layout = fusedLayout(entry.name, { output, input, architecture, attentionInput: null });
  return Array.from({ length: first }, (_, expert) => expert).flatMap((expert): Matrix[] => {
    const name = `${entry.name}[expert ${expert}]`;
    if (!layout || 'unknown' in layout) {
      const whole = ofExpert(entry, wholeMatrix([second, third]), expert);
      return [{ name, place: { ...place, expert }, ...whole, ...turned }];
    }
    return layout.parts.map((part) => ({
      name: `${name}[${part.label}]`,
      place: { ...place, expert, module: part.module },
      ...ofExpert(entry, outputPart(part, input, orientation), expert),
      ...turned,
    }));
  });
}
