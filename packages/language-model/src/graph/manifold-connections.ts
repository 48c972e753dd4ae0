import type { Graph, Value } from '@shadow-gate/checkpoints/onnx/graph';
import type { HyperConnection, HyperStreams, HyperWeights } from '../architectures/manifold-connections.ts';
import { applyWeight, loadFloat32 } from './linear.ts';
import type { ModelGraph } from './model-graph.ts';
import { applyNorm } from './norm.ts';
import { splitSizes } from './operators.ts';

interface Connected {
  /** Input of the half, [m, hidden]. */
  readonly input: Value;
  /** Factor of its output for each stream, [m, count]. */
  readonly shares: Value;
  /** Factors of the streams, from the columns to the rows: [m, count, count]. */
  readonly mix: Value;
}

/** The streams [m, count, hidden] of embeddings [m, hidden]. */
export function beginStreams(graph: Graph, { head: { count } }: HyperStreams, embedded: Value): Value {
  const one = graph.op('Unsqueeze', [embedded, graph.constant([1], 'int64')]);
  return graph.op('Tile', [one, graph.constant([1, count, 1], 'int64')]);
}

/** One stream [m, hidden] from all. */
export function endStreams(graph: ModelGraph, { head }: HyperStreams, streams: Value): Value {
  const logits = weigh(graph, head, streams, [head.count]);
  return collapsed(graph, head, logits, streams);
}

export function connect(graph: ModelGraph, connection: HyperConnection, streams: Value): Connected {
  const { count, iterations, epsilon } = connection;
  const parts = [count, count, count * count] as const;
  const [toInput, toShares, toMix] = splitSizes(graph, weigh(graph, connection, streams, parts), parts);
  const least = graph.constant([epsilon], 'float32');
  const divided = (matrix: Value, axis: 1 | 2) => {
    const sums = graph.op('ReduceSum', [matrix, graph.constant([axis], 'int64')], { keepdims: 1 });
    return graph.op('Div', [matrix, graph.op('Add', [sums, least])]);
  };
  const rows = graph.op('Softmax', [graph.reshape(toMix, [-1, count, count])], { axis: -1 });
  const first = divided(graph.op('Add', [rows, least]), 1);
  const matrix = iterations === 1 ? first : graph.repeat(iterations - 1, first, (x) => divided(divided(x, 2), 1));
  return {
    input: collapsed(graph, connection, toInput, streams),
    shares: graph.op('Mul', [graph.op('Sigmoid', [toShares]), graph.constant([2], 'float32')]),
    mix: graph.op('Transpose', [matrix], { perm: [0, 2, 1] }),
  };
}

/** The streams after half a block, from its output [m, hidden]. */
export function spreadOutput(
  graph: Graph,
  { shares, mix }: Pick<Connected, 'shares' | 'mix'>,
  streams: Value,
  output: Value,
): Value {
  const added = graph.op('Mul', [
    graph.op('Unsqueeze', [shares, graph.constant([2], 'int64')]),
    graph.op('Unsqueeze', [output, graph.constant([1], 'int64')]),
  ]);
  return graph.op('Add', [added, graph.op('MatMul', [mix, streams])]);
}

/** scale · fn(norm(x)) + base, [m, weights], with a scale for each part. */
function weigh(
  graph: ModelGraph,
  { norm, fn, base, scale }: HyperWeights,
  streams: Value,
  parts: readonly number[],
): Value {
  const count = parts.reduce((sum, size) => sum + size, 0);
  const normed = applyNorm(graph, norm, graph.reshape(streams, [-1, norm.size]));
  const product = applyWeight(graph, normed, graph.weights.tensor(fn, [count, norm.size]));
  const partOfWeight = parts.flatMap((size, part) => Array<number>(size).fill(part));
  const scales = graph.op('Gather', [
    loadFloat32(graph, graph.weights.tensor(scale, [parts.length])),
    graph.constant(partOfWeight, 'int64'),
  ]);
  const scaled = graph.op('Mul', [product, scales]);
  return graph.op('Add', [scaled, loadFloat32(graph, graph.weights.tensor(base, [count]))]);
}

/** Σ_i (σ(w_i) + epsilon) · x_i. */
function collapsed(graph: Graph, { epsilon }: HyperWeights, logits: Value, streams: Value): Value {
  const shares = graph.op('Add', [graph.op('Sigmoid', [logits]), graph.constant([epsilon], 'float32')]);
  const sum = graph.op('MatMul', [graph.op('Unsqueeze', [shares, graph.constant([1], 'int64')]), streams]);
  return graph.op('Squeeze', [sum, graph.constant([1], 'int64')]);
}
