import { ElementType, Graph, type Value } from '../../onnx/graph.ts';
import type { Decoder, Layer, Rope } from '../architectures/decoder.ts';
import type { Weights } from '../architectures/weights.ts';
import {
  type AttentionKind,
  applyAttention,
  type KeyAndValue,
  type LayerInputs,
  type Surroundings,
} from './attention.ts';
import { applyLinear, lookUp } from './linear.ts';
import { applyMlp } from './mlp.ts';
import { applyNorm, normStream, type Stream } from './norm.ts';

const { float32, int32, int64 } = ElementType;

/** Names of the trunk's inputs and outputs. */
export const TRUNK = {
  tokens: 'tokens',
  positions: 'positions',
  rows: 'rows',
  lastKeys: 'last_keys',
  total: 'total',
  bias: (window: number | null) => (window === null ? 'bias' : `bias_${window}`),
  alibi: 'alibi',
  cos: (index: number) => `cos_${index}`,
  sin: (index: number) => `sin_${index}`,
  pastKey: (layer: number) => `past_key_${layer}`,
  pastValue: (layer: number) => `past_value_${layer}`,
  /** [B, keyValueHeads, S or T, headDim]: see `AttentionKind`. */
  presentKey: (layer: number) => `present_key_${layer}`,
  presentValue: (layer: number) => `present_value_${layer}`,
  /** [rows, hidden] after the final norm. */
  hidden: 'hidden',
} as const;

/** What differs from layer to layer and is fed: the windows of its masks, and its rotary tables. */
export interface TrunkInputs {
  readonly windows: readonly (number | null)[];
  readonly ropes: readonly Rope[];
}

export function trunkInputs({ layers }: Decoder): TrunkInputs {
  return {
    windows: [...new Set(layers.map(({ attention }) => attention.window))],
    ropes: [...new Set(layers.flatMap(({ attention }) => attention.rope ?? []))],
  };
}

/** Which operators a trunk is built from. */
export interface TrunkOptions {
  readonly attention: AttentionKind;
  readonly experts: 'fused' | 'each';
  /**
   * Take and give keys and values of tokens. Outputs live until the end of a run, wanted or not: at 32 layers of 4096 that
   * is a megabyte a token.
   */
  readonly keep: boolean;
}

/**
 * Everything of a decoder but its output matrix, as a graph over B sequences of S tokens, after P tokens that it has
 * seen before. Inputs: see `TRUNK`.
 */
export function buildTrunk(decoder: Decoder, weights: Weights, { attention, experts, keep }: TrunkOptions): Graph {
  const graph = new Graph();
  const tokens = graph.input(TRUNK.tokens, int64, ['B', 'S']);
  const positions = graph.input(TRUNK.positions, int64, ['B', 'S']);
  const rows = graph.input(TRUNK.rows, int64, ['R']);
  const lastKeys = graph.input(TRUNK.lastKeys, int32, ['B']);
  const total = graph.input(TRUNK.total, int32, [1]);
  const surroundings: Surroundings = {
    positions,
    lastKeys,
    total,
    batchShape: graph.op('Shape', [tokens]),
    totalLength: graph.cast(total, int64),
  };
  const layerInputs = declareLayerInputs(graph, decoder, keep);
  const presents: KeyAndValue[] = [];
  let stream: Stream = { sum: embed(graph, weights, decoder, tokens, positions), pending: null };
  for (const [index, layer] of decoder.layers.entries()) {
    const isLast = index === decoder.layers.length - 1;
    stream = applyLayer(graph, weights, layer, stream, {
      surroundings,
      inputs: layerInputs(index),
      attention,
      fuseExperts: experts === 'fused',
      presents,
      rows: isLast ? rows : null,
    });
  }
  // First, and first among those that are fetched: the binding takes the place of an output from its index.
  graph.output(TRUNK.hidden, normStream(graph, weights, decoder.finalNorm, stream).normed, float32);
  for (const [index, { key, value }] of presents.entries()) {
    graph.output(TRUNK.presentKey(index), key, float32);
    graph.output(TRUNK.presentValue(index), value, float32);
  }
  return graph;
}

/** The inputs that vary with the kind of layer, each declared once. */
function declareLayerInputs(graph: Graph, decoder: Decoder, hasPast: boolean): (index: number) => LayerInputs {
  const { windows, ropes } = trunkInputs(decoder);
  const slopes = decoder.layers.find(({ attention }) => attention.alibi !== null)?.attention.heads;
  const alibi = slopes === undefined ? null : graph.input(TRUNK.alibi, float32, ['B', slopes, 1, 'T']);
  const biases = new Map(
    windows.map((window) => {
      const mask = graph.input(TRUNK.bias(window), float32, ['B_mask', 1, 'S', 'T']);
      return [window, alibi ? graph.op('Add', [mask, alibi]) : mask];
    }),
  );
  const tables = new Map(
    ropes.map((rope, i) => {
      const table = (name: string) => graph.input(name, float32, ['L', rope.dim / 2]);
      return [rope, { cos: table(TRUNK.cos(i)), sin: table(TRUNK.sin(i)) }];
    }),
  );
  return (index) => {
    const { attention } = decoder.layers[index] as Layer;
    const past = (name: string) => graph.input(name, float32, ['B', attention.keyValueHeads, 'P', attention.headDim]);
    return {
      bias: biases.get(attention.window) as Value,
      rope: attention.rope === null ? null : (tables.get(attention.rope) ?? null),
      past: hasPast ? { key: past(TRUNK.pastKey(index)), value: past(TRUNK.pastValue(index)) } : null,
    };
  };
}

/** [B · S, hidden]. The rows are looked up in the file's own type: the table is not converted for it. */
function embed(graph: Graph, weights: Weights, decoder: Decoder, tokens: Value, positions: Value): Value {
  const { vocabulary, hidden, embeddings, embeddingScale } = decoder;
  const flat = graph.reshape(tokens, [-1]);
  const looked = lookUp(graph, weights, embeddings, flat, [vocabulary, hidden]);
  const scaled = embeddingScale === 1 ? looked : graph.op('Mul', [looked, graph.constant([embeddingScale], 'float32')]);
  if (decoder.positions === null) return scaled;
  const learned = lookUp(graph, weights, decoder.positions, graph.reshape(positions, [-1]), [
    decoder.maxLength,
    hidden,
  ]);
  return graph.op('Add', [scaled, learned]);
}

interface LayerContext {
  readonly surroundings: Surroundings;
  readonly inputs: LayerInputs;
  readonly attention: AttentionKind;
  readonly fuseExperts: boolean;
  /** Where keys and values are put. */
  readonly presents: KeyAndValue[];
  /** In the last layer: which rows are wanted. After attention nothing else is computed. */
  readonly rows: Value | null;
}

function applyLayer(graph: Graph, weights: Weights, layer: Layer, before: Stream, context: LayerContext): Stream {
  const { attention, mlp } = layer;
  const first = normStream(graph, weights, layer.attentionNorm, before);
  const attended = applyAttention(
    graph,
    weights,
    attention,
    first.normed,
    context.surroundings,
    context.inputs,
    context.attention,
  );
  if (attended.present) context.presents.push(attended.present);
  const wanted = (value: Value) =>
    context.rows === null ? value : graph.op('Gather', [value, context.rows], { axis: 0 });
  const sum = wanted(first.stream.sum);
  const stream: Stream = { sum, pending: null };
  const output = applyLinear(graph, weights, attention.output, wanted(attended.mixed));
  const attentionOutput = finish(graph, weights, layer, layer.attentionOutputNorm, output);
  if (layer.residual === 'parallel') {
    const normed =
      layer.mlpNorm === 'attention' ? wanted(first.normed) : normStream(graph, weights, layer.mlpNorm, stream).normed;
    const mlpOutput = finish(
      graph,
      weights,
      layer,
      layer.mlpOutputNorm,
      applyMlp(graph, weights, mlp, normed, context.fuseExperts),
    );
    return { sum, pending: graph.op('Add', [attentionOutput, mlpOutput]) };
  }
  const mlpNorm = layer.mlpNorm === 'attention' ? layer.attentionNorm : layer.mlpNorm;
  const second = normStream(graph, weights, mlpNorm, { sum, pending: attentionOutput });
  const mlpOutput = applyMlp(graph, weights, mlp, second.normed, context.fuseExperts);
  return { sum: second.stream.sum, pending: finish(graph, weights, layer, layer.mlpOutputNorm, mlpOutput) };
}

/** What a half of a block adds to the stream. */
function finish(graph: Graph, weights: Weights, layer: Layer, norm: Layer['mlpOutputNorm'], output: Value): Value {
  const normed = norm === null ? output : applyNorm(graph, weights, norm, output);
  return layer.residualScale === 1
    ? normed
    : graph.op('Mul', [normed, graph.constant([layer.residualScale], 'float32')]);
}
