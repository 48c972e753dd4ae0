import type { Graph, Value } from '@shadow-gate/checkpoints/onnx/graph';
import type { Linear } from '../architectures/decoder.ts';
import type { StreamExchange, StreamMix } from '../architectures/hyper-connections.ts';
import type { Weights } from '../architectures/weights.ts';
import { activate } from './activation.ts';
import { applyLinear } from './linear.ts';
import { groupNorm } from './norm.ts';

/** The streams [m, count · hidden] of embeddings [m, hidden]. */
export function repeatStream(graph: Graph, count: number, embedded: Value): Value {
  return graph.op('Tile', [embedded, graph.constant([1, count], 'int64')]);
}

/** See {@link StreamMix}: [m, count · hidden] → [m, hidden]. */
export function mixStreams(graph: Graph, weights: Weights, mix: StreamMix, streams: Value): Value {
  return mixNormed(graph, weights, mix, groupNorm(graph, weights, mix.norm, mix.count, streams));
}

/** What a half of a block computes with, [m, hidden], and the share of its output that each stream gets, [m, count]. */
export function enterBlock(
  graph: Graph,
  weights: Weights,
  exchange: StreamExchange,
  streams: Value,
): { readonly input: Value; readonly shares: Value } {
  const normed = groupNorm(graph, weights, exchange.norm, exchange.count, streams);
  const shares = graph.op('Sigmoid', [perStream(graph, weights, exchange.inject, normed, exchange)]);
  return {
    input: mixNormed(graph, weights, exchange, normed),
    shares: graph.op('Mul', [shares, graph.constant([2], 'float32')]),
  };
}

/** The streams with the output of a half of a block, [m, hidden]. */
export function leaveBlock(graph: Graph, { norm }: StreamMix, streams: Value, output: Value, shares: Value): Value {
  const axis = (value: Value, index: number) => graph.op('Unsqueeze', [value, graph.constant([index], 'int64')]);
  const added = graph.op('Mul', [axis(output, 1), axis(shares, 2)]);
  return graph.op('Add', [streams, graph.reshape(added, [-1, norm.size])]);
}

function mixNormed(graph: Graph, weights: Weights, mix: StreamMix, normed: Value): Value {
  const { count, norm, down, up } = mix;
  const lowRank = activate(graph, 'silu', perStream(graph, weights, down, normed, mix));
  const shares = graph.op('Sigmoid', [applyLinear(graph, weights, up, lowRank)]);
  const chosen = graph.reshape(graph.op('Mul', [shares, normed]), [-1, count, norm.size / count]);
  return graph.op('ReduceMean', [chosen, graph.constant([1], 'int64')], { keepdims: 0 });
}

/** A layer of all streams, divided by their number. */
function perStream(graph: Graph, weights: Weights, layer: Linear, normed: Value, { count }: StreamMix): Value {
  return graph.op('Div', [applyLinear(graph, weights, layer, normed), graph.constant([count], 'float32')]);
}
