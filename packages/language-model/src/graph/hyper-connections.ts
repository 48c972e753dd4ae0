import type { Graph, Value } from '@shadow-gate/checkpoints/onnx/graph';
import type { Linear } from '../architectures/decoder.ts';
import type { StreamExchange, StreamMix } from '../architectures/hyper-connections.ts';
import { activate } from './activation.ts';
import { applyLinear } from './linear.ts';
import type { ModelGraph } from './model-graph.ts';
import { groupNorm } from './norm.ts';

/** The streams [m, count · hidden] of embeddings [m, hidden]. */
export function repeatStream(graph: Graph, count: number, embedded: Value): Value {
  return graph.op('Tile', [embedded, graph.constant([1, count], 'int64')]);
}

/** See {@link StreamMix}: [m, count · hidden] → [m, hidden]. */
export function mixStreams(graph: ModelGraph, mix: StreamMix, streams: Value): Value {
  return mixNormed(graph, mix, groupNorm(graph, mix.norm, mix.count, streams));
}

/** Input of half a block, [m, hidden], and the share of its output that each stream gets, [m, count]. */
export function enterBlock(
  graph: ModelGraph,
  exchange: StreamExchange,
  streams: Value,
): { readonly input: Value; readonly shares: Value } {
  const normed = groupNorm(graph, exchange.norm, exchange.count, streams);
  const shares = graph.op('Sigmoid', [perStream(graph, exchange.inject, normed, exchange)]);
  return {
    input: mixNormed(graph, exchange, normed),
    shares: graph.op('Mul', [shares, graph.constant([2], 'float32')]),
  };
}

/** The streams after half a block, from its output [m, hidden]. */
export function leaveBlock(graph: Graph, { norm }: StreamMix, streams: Value, output: Value, shares: Value): Value {
  const axis = (value: Value, index: number) => graph.op('Unsqueeze', [value, graph.constant([index], 'int64')]);
  const added = graph.op('Mul', [axis(output, 1), axis(shares, 2)]);
  return graph.op('Add', [streams, graph.reshape(added, [-1, norm.size])]);
}

function mixNormed(graph: ModelGraph, mix: StreamMix, normed: Value): Value {
  const { count, norm, down, up } = mix;
  const lowRank = activate(graph, 'silu', perStream(graph, down, normed, mix));
  const shares = graph.op('Sigmoid', [applyLinear(graph, up, lowRank)]);
  const chosen = graph.reshape(graph.op('Mul', [shares, normed]), [-1, count, norm.size / count]);
  return graph.op('ReduceMean', [chosen, graph.constant([1], 'int64')], { keepdims: 0 });
}

/** A layer of all streams, divided by the number of streams. */
function perStream(graph: ModelGraph, layer: Linear, normed: Value, { count }: StreamMix): Value {
  return graph.op('Div', [applyLinear(graph, layer, normed), graph.constant([count], 'float32')]);
}
