import { ElementType, type Graph, type Value } from '@shadow-gate/checkpoints/onnx/graph';
import { type TensorEntry, tensorRows } from '@shadow-gate/checkpoints/tensors';
import { type Decoder, type Linear, outputSize } from '../architectures/decoder.ts';
import type { Weights } from '../architectures/weights.ts';
import { LOGIT_FACTORS, MOST_PREDICTED } from '../engine.ts';
import { softcapped } from './attention.ts';
import { applyLinear, applyWeight, loadFloat32, scaled } from './linear.ts';
import { ModelGraph } from './model-graph.ts';
import { concat, largest } from './operators.ts';

const { float32, int64 } = ElementType;

/** The head's inputs and outputs, for R rows of hidden states and Q target tokens. */
export const HEAD = {
  /** float32 [R, outputSize]. */
  hidden: 'hidden',
  /** int64 [Q, 2]: row and token. */
  targets: 'targets',
  /** int64 [P]: rows to total again with scaled logits; at least one. */
  scaledRows: 'scaledRows',
  /** float32 [P, factors]: such a row's total with logits multiplied by each of LOGIT_FACTORS. */
  scaledTotals: 'scaledTotals',
  /** int64 [T]: rows to predict the most likely tokens of; at least one. */
  predictedRows: 'predictedRows',
  /** int64 [T, MOST_PREDICTED], or fewer for a small vocabulary: the most likely tokens of such a row, best first. */
  predicted: 'predicted',
  /** float32 [T, MOST_PREDICTED]: their logits. */
  predictedLogits: 'predictedLogits',
  /** float32 [R, vocabulary]. */
  logits: 'logits',
  /** float32 [Q]: log-probability of the target token in its row. */
  logprobs: 'logprobs',
  /** float32 [R]: logarithm of the sum of the exponentials of the logits. */
  total: 'total',
  /** int64 [R]: the most likely token; the first if several are equally likely. */
  best: 'best',
  /** float32 [Q]: logit of the target token in its row. Only from a slice, which counts tokens from its first. */
  chosen: 'chosen',
  /** float32 [R]: the largest logit. Only from a slice. */
  most: 'most',
} as const;

/** Consecutive tokens of the vocabulary, `start` ≤ token < `end`. */
export interface HeadSlice {
  readonly start: number;
  readonly end: number;
}

export function headInputs(graph: Graph, decoder: Decoder) {
  return {
    hidden: graph.input(HEAD.hidden, float32, ['R', outputSize(decoder)]),
    targets: graph.input(HEAD.targets, int64, ['Q', 2]),
    scaledRows: graph.input(HEAD.scaledRows, int64, ['P']),
    predictedRows: graph.input(HEAD.predictedRows, int64, ['T']),
  };
}

/** The output matrix. Only the outputs that a run fetches leave the device. */
export function buildHead(decoder: Decoder, weights: Weights): Graph {
  const graph = new ModelGraph(weights);
  const { hidden, targets, scaledRows, predictedRows } = headInputs(graph, decoder);
  const layer = outputLayer(decoder, weights);
  const logits = finishLogits(graph, decoder, wholeProduct(graph, decoder, layer, hidden));
  const total = logSumExp(graph, logits, decoder.vocabulary);
  const rows = graph.op('Gather', [targets, graph.constant([0], 'int64', [])], { axis: 1 });
  const logprobs = graph.op('Sub', [
    graph.op('GatherND', [logits, targets]),
    graph.op('Gather', [total, rows], { axis: 0 }),
  ]);
  graph.output(HEAD.logits, logits, float32);
  graph.output(HEAD.logprobs, logprobs, float32);
  graph.output(HEAD.total, total, float32);
  graph.output(HEAD.best, graph.op('ArgMax', [logits], { axis: -1, keepdims: 0 }), int64);
  graph.output(HEAD.scaledTotals, scaledTotals(graph, logits, scaledRows, decoder.vocabulary), float32);
  outputPredicted(graph, mostLikely(graph, logits, predictedRows, decoder.vocabulary));
  return graph;
}

/** Can the output matrix be sliced? An adapter changes it as a whole, and most quantized formats pack its rows. */
export function canSliceHead(decoder: Decoder, weights: Weights): boolean {
  return !weights.isAdapted('lm_head.weight') && outputMatrix(decoder, weights).recipe === undefined;
}

/** Its stored matrix: [vocabulary, outputSize]. */
export function outputMatrix(decoder: Decoder, weights: Weights): TensorEntry {
  const { module, output, input } = outputLayer(decoder, weights);
  return weights.tensor(`${module}.weight`, [output, input]);
}

/** A slice of the output matrix: for some tokens, with the logarithm of the sum of their exponentials alone. */
export function buildHeadSlice(decoder: Decoder, weights: Weights, slice: HeadSlice): Graph {
  const graph = new ModelGraph(weights);
  const { hidden, targets, scaledRows, predictedRows } = headInputs(graph, decoder);
  const logits = headLogits(graph, decoder, slice, hidden);
  graph.output(HEAD.logits, logits, float32);
  graph.output(HEAD.chosen, graph.op('GatherND', [logits, targets]), float32);
  graph.output(HEAD.total, logSumExp(graph, logits, slice.end - slice.start), float32);
  graph.output(HEAD.most, graph.op('ReduceMax', [logits, graph.constant([-1], 'int64')], { keepdims: 0 }), float32);
  graph.output(HEAD.best, graph.op('ArgMax', [logits], { axis: -1, keepdims: 0 }), int64);
  graph.output(HEAD.scaledTotals, scaledTotals(graph, logits, scaledRows, slice.end - slice.start), float32);
  outputPredicted(graph, mostLikely(graph, logits, predictedRows, slice.end - slice.start));
  return graph;
}

/** Logits of the tokens of a slice: [R, end − start]. */
export function headLogits(graph: ModelGraph, decoder: Decoder, slice: HeadSlice, x: Value): Value {
  return finishLogits(graph, decoder, sliceProduct(graph, decoder, slice, x));
}

function sliceProduct(graph: ModelGraph, decoder: Decoder, { start, end }: HeadSlice, x: Value): Value {
  const layer = outputLayer(decoder, graph.weights);
  if (start === 0 && end === decoder.vocabulary) return wholeProduct(graph, decoder, layer, x);
  const matrix = graph.weights.tensor(`${layer.module}.weight`, [layer.output, layer.input]);
  const product = applyWeight(graph, x, tensorRows(matrix, start, end));
  const biasModule = layer.bias ? layer.module : decoder.head.bias ? 'lm_head' : null;
  if (biasModule === null) return product;
  const bias = loadFloat32(graph, graph.weights.tensor(`${biasModule}.bias`, [decoder.vocabulary]));
  return graph.op('Add', [product, graph.slice(bias, 0, start, end)]);
}

function wholeProduct(graph: ModelGraph, { head, vocabulary }: Decoder, layer: Linear, x: Value): Value {
  const product = applyLinear(graph, layer, x, 'lm_head.weight');
  if (layer.bias || !head.bias) return product;
  // The matrix is that of the embeddings, which have no bias.
  return graph.op('Add', [product, loadFloat32(graph, graph.weights.tensor('lm_head.bias', [vocabulary]))]);
}

/** Tokens per block: their exponentials are summed one after the other. */
export const LOGIT_BLOCK = 1024;

/**
 * The logarithm of the sum of the exponentials of each row [R, vocabulary]: [R], by blocks. On the CPU, ReduceLogSumExp
 * alone sums sequentially, which is 3·10⁻⁴ too little for 262,144 tokens, and is slower than LogSoftmax.
 */
function logSumExp(graph: Graph, logits: Value, vocabulary: number): Value {
  return reduceLogSumExp(graph, vocabulary <= LOGIT_BLOCK ? logits : blockTotals(graph, logits, vocabulary));
}

/** Totals of some rows with logits multiplied by each of LOGIT_FACTORS: [P, factors]. */
function scaledTotals(graph: Graph, logits: Value, rows: Value, count: number): Value {
  const totals = scaledLogits(graph, logits, rows).map((scaled) => logSumExp(graph, scaled, count));
  return asColumns(graph, totals);
}

/** Values [P] side by side: [P, values]. */
export function asColumns(graph: Graph, values: readonly Value[]): Value {
  const columns = values.map((value) => graph.reshape(value, [-1, 1]));
  return concat(graph, columns, 1);
}

/** The logits of some rows multiplied by each of LOGIT_FACTORS: [P, count] each. */
export function scaledLogits(graph: Graph, logits: Value, rows: Value): Value[] {
  const chosen = graph.op('Gather', [logits, rows], { axis: 0 });
  return LOGIT_FACTORS.map((factor) => graph.op('Mul', [chosen, graph.constant([factor], 'float32', [])]));
}

/** The most likely tokens of some rows with their logits, best first: [T, MOST_PREDICTED] each. */
export interface MostLikely {
  readonly logits: Value;
  /** Counted from the first of the slice. */
  readonly tokens: Value;
}

export function mostLikely(graph: Graph, logits: Value, rows: Value, count: number): MostLikely {
  const chosen = graph.op('Gather', [logits, rows], { axis: 0 });
  const [best, tokens] = largest(graph, chosen, Math.min(MOST_PREDICTED, count));
  return { logits: best, tokens };
}

export function outputPredicted(graph: Graph, { logits, tokens }: MostLikely): void {
  graph.output(HEAD.predicted, tokens, int64);
  graph.output(HEAD.predictedLogits, logits, float32);
}

/** The logarithm of the sum of the exponentials of each block: [R, blocks]. */
export function blockTotals(graph: Graph, logits: Value, count: number): Value {
  const blocks = Math.ceil(count / LOGIT_BLOCK);
  const missing = blocks * LOGIT_BLOCK - count;
  const none = graph.constant([NO_LOGIT], 'float32', []);
  const whole = missing === 0 ? logits : graph.op('Pad', [logits, graph.constant([0, 0, 0, missing], 'int64'), none]);
  const rows = graph.reshape(whole, [-1, blocks, LOGIT_BLOCK]);
  const first = (value: Value) =>
    graph.op('Slice', [value, ...[0, 1, 2].map((index) => graph.constant([index], 'int64'))]);
  // Any logit less its log-probability is the total of its block.
  const totals = graph.op('Sub', [first(rows), first(graph.op('LogSoftmax', [rows], { axis: -1 }))]);
  return graph.reshape(totals, [-1, blocks]);
}

export function reduceLogSumExp(graph: Graph, rows: Value): Value {
  return graph.op('ReduceLogSumExp', [rows, graph.constant([-1], 'int64')], { keepdims: 0 });
}

/** Finite, and so small that its exponential is 0. */
const NO_LOGIT = -1e30;

/**
 * The stored output layer, or the embeddings if the model ties them and stores no output layer. A checkpoint that ties
 * them but stores both has two copies of one matrix, or means the stored output layer: either way the stored one is
 * right. LoRA on the embeddings does not change the output layer.
 */
function outputLayer(decoder: Decoder, weights: Weights): Linear {
  const { vocabulary, head, embeddings } = decoder;
  const isTied = head.tied && !weights.has('lm_head.weight');
  const bias = !isTied && (head.bias ?? false);
  return { module: isTied ? embeddings : 'lm_head', input: outputSize(decoder), output: vocabulary, bias };
}

function finishLogits(graph: Graph, { head }: Decoder, logits: Value): Value {
  const factored = scaled(graph, logits, head.scale);
  return head.softcap === null ? factored : softcapped(graph, factored, head.softcap);
}
