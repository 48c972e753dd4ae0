import type { Graph, Value } from '@shadow-gate/checkpoints/onnx/graph';
import { at } from '@shadow-gate/platform';
import type { HeadNorm, Norm } from '../architectures/decoder.ts';
import { loadFloat32 } from './linear.ts';
import type { ModelGraph } from './model-graph.ts';
import { concat } from './operators.ts';

/** The residual stream [m, hidden]: a sum, and a pending value that the next norm adds in the same pass. */
export interface Stream {
  readonly sum: Value;
  readonly pending: Value | null;
}

/** The stream with its pending value added. */
export function settled(graph: Graph, { sum, pending }: Stream): Value {
  return pending === null ? sum : graph.op('Add', [sum, pending]);
}

export interface NormedStream {
  readonly normed: Value;
  readonly stream: { readonly sum: Value; readonly pending: null };
}

/** The norm of the stream [m, hidden], and the stream with nothing pending. */
export function normStream(graph: ModelGraph, norm: Norm | null, stream: Stream): NormedStream {
  if (norm === null || stream.pending === null) {
    const sum = settled(graph, stream);
    return { normed: norm === null ? sum : applyNorm(graph, norm, sum), stream: { sum, pending: null } };
  }
  const { gain, shift } = parameters(graph, norm);
  const [normed, , , sum] = graph.node(
    norm.kind === 'rms' ? 'SkipSimplifiedLayerNormalization' : 'SkipLayerNormalization',
    [stream.sum, stream.pending, gain, ...(shift ? [shift] : [])],
    { outputs: [true, false, false, true], attributes: { epsilon: { float: norm.epsilon } }, domain: 'com.microsoft' },
  );
  return { normed, stream: { sum, pending: null } };
}

export function applyNorm(graph: ModelGraph, norm: Norm, x: Value): Value {
  const { gain, shift } = parameters(graph, norm);
  return bareNorm(graph, norm, x, gain, shift);
}

function bareNorm(graph: Graph, norm: Norm, x: Value, gain: Value, shift: Value | null): Value {
  return graph.op(
    norm.kind === 'rms' ? 'SimplifiedLayerNormalization' : 'LayerNormalization',
    [x, gain, ...(shift ? [shift] : [])],
    { axis: -1, epsilon: { float: norm.epsilon } },
  );
}

/** A root-mean-square norm of each of `groups` equal parts of the last axis, with one weight over all: [m, size]. */
export function groupNorm(graph: ModelGraph, norm: Norm, groups: number, x: Value): Value {
  if (groups === 1) return applyNorm(graph, norm, x);
  const size = norm.size / groups;
  const { gain } = parameters(graph, norm);
  const parts = graph.reshape(x, [-1, groups, size]);
  const normed = bareNorm(graph, norm, parts, ones(graph, size), null);
  return graph.op('Mul', [graph.reshape(normed, [-1, norm.size]), gain]);
}

function parameters(graph: ModelGraph, norm: Norm): { gain: Value; shift: Value | null } {
  if (norm.module === null) return { gain: ones(graph, norm.size), shift: null };
  const weight = loadFloat32(graph, graph.weights.tensor(`${norm.module}.weight`, [norm.size]));
  return {
    gain: norm.plusOne ? graph.op('Add', [weight, graph.constant([1], 'float32')]) : weight,
    shift: norm.bias ? loadFloat32(graph, graph.weights.tensor(`${norm.module}.bias`, [norm.size])) : null,
  };
}

/** The norm of queries or keys [m, heads · headDim]. */
export function applyHeadNorm(
  graph: ModelGraph,
  headNorm: HeadNorm | null,
  x: Value,
  heads: number,
  headDim: number,
): Value {
  if (headNorm === null) return x;
  if (headNorm.over === 'all') return applyNorm(graph, headNorm.norm, x);
  const perHead = graph.reshape(x, [-1, heads, headDim]);
  if (headNorm.over === 'head') {
    return graph.reshape(applyNorm(graph, headNorm.norm, perHead), [-1, heads * headDim]);
  }
  const first = headNorm.over === 'each-head' ? at(headNorm.norms, 0) : headNorm.norm;
  const gain = headGains(graph, headNorm, heads, headDim);
  const normed = graph.op('Mul', [bareNorm(graph, first, perHead, ones(graph, headDim), null), gain]);
  return graph.reshape(normed, [-1, heads * headDim]);
}

/** [heads, headDim]. */
function headGains(
  graph: ModelGraph,
  headNorm: Extract<HeadNorm, { over: 'each-head' | 'each-head, stacked' }>,
  heads: number,
  headDim: number,
): Value {
  const load = (norm: Norm, shape: readonly number[]) =>
    loadFloat32(graph, graph.weights.tensor(`${norm.module}.weight`, shape));
  if (headNorm.over === 'each-head, stacked') return load(headNorm.norm, [heads, headDim]);
  const gains = headNorm.norms.map((norm) => load(norm, [headDim]));
  return graph.reshape(concat(graph, gains, 0), [heads, headDim]);
}

function ones(graph: Graph, size: number): Value {
  return graph.constant(Array<number>(size).fill(1), 'float32');
}
