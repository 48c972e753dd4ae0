import { ElementType, Graph, type Value } from '../../onnx/graph.ts';
import type { Decoder } from '../architectures/decoder.ts';
import type { Weights } from '../architectures/weights.ts';
import { cap } from './attention.ts';
import { applyLinear } from './linear.ts';

const { float32, int64 } = ElementType;

/** Names of the head's inputs and outputs, for R rows and Q questions (a row and a token each). */
export const HEAD = {
  /** float32 [R, hidden]. */
  hidden: 'hidden',
  /** int64 [Q, 2]: row and token. */
  questions: 'questions',
  /** float32 [R, vocabulary]. */
  logits: 'logits',
  /** float32 [Q]: log-probability of the token in the row. */
  logprobs: 'logprobs',
  /** float32 [R]: logarithm of the sum of the exponentials of the logits. */
  total: 'total',
  /** int64 [R]: the most likely token; the first of equals. */
  best: 'best',
} as const;

/**
 * The output matrix, and of its logits only what is asked for: they never leave the device otherwise.
 */
export function buildHead(decoder: Decoder, weights: Weights): Graph {
  const graph = new Graph();
  const hidden = graph.input(HEAD.hidden, float32, ['R', decoder.hidden]);
  const questions = graph.input(HEAD.questions, int64, ['Q', 2]);
  const layer = outputLayer(decoder, weights);
  const logits = finishLogits(graph, decoder, applyLinear(graph, weights, layer, hidden, 'lm_head.weight'));
  const total = graph.op('ReduceLogSumExp', [logits, graph.constant([-1], 'int64')], { keepdims: 0 });
  const rows = graph.op('Gather', [questions, graph.constant([0], 'int64', [])], { axis: 1 });
  const logprobs = graph.op('Sub', [
    graph.op('GatherND', [logits, questions]),
    graph.op('Gather', [total, rows], { axis: 0 }),
  ]);
  graph.output(HEAD.logits, logits, float32);
  graph.output(HEAD.logprobs, logprobs, float32);
  graph.output(HEAD.total, total, float32);
  graph.output(HEAD.best, graph.op('ArgMax', [logits], { axis: -1, keepdims: 0 }), int64);
  return graph;
}

/**
 * The output layer of its own, or the embeddings. A file that ties them and has both keeps two copies of one matrix, or
 * means the output layer: either way it is right. LoRA on the embeddings leaves the output layer alone.
 */
function outputLayer(decoder: Decoder, weights: Weights) {
  const { vocabulary, hidden, head, embeddings } = decoder;
  const isTied = head.tied && !weights.has('lm_head.weight');
  return { module: isTied ? embeddings : 'lm_head', input: hidden, output: vocabulary, bias: false };
}

function finishLogits(graph: Graph, { head }: Decoder, logits: Value): Value {
  const scaled = head.scale === 1 ? logits : graph.op('Mul', [logits, graph.constant([head.scale], 'float32')]);
  return head.softcap === null ? scaled : cap(graph, scaled, head.softcap);
}
