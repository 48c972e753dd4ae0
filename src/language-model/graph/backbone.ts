import { ElementType, Graph, type Value } from '../../onnx/graph.ts';
import {
  type Attention,
  attentionsOf,
  type Decoder,
  type Layer,
  type Mixer,
  type Rope,
  recurrentsOf,
  type Window,
} from '../architectures/decoder.ts';
import { type Recurrent, recurrentShape } from '../architectures/recurrent.ts';
import type { Weights } from '../architectures/weights.ts';
import { type AttentionKind, applyAttention, type LayerInputs, type SharedInputs } from './attention.ts';
import type { ExpertsOptions } from './experts.ts';
import { applyLinear, lookUp } from './linear.ts';
import { applyMlp } from './mlp.ts';
import { applyNorm, normStream, type Stream, settled } from './norm.ts';
import { applyRecurrent, type PastState, type RecurrenceInputs, type Stage, type StageInputs } from './recurrence.ts';

const { float32, int32, int64 } = ElementType;

/** Names of the backbone's inputs and outputs, for B sequences of S tokens after P others, T = P + S. */
export const BACKBONE = {
  /** int64 [B, S]. */
  tokens: 'tokens',
  /** int64 [B, S]. */
  positions: 'positions',
  /** int64 [R]: which of the B · S hidden states are returned. */
  rows: 'rows',
  /** int32 [B]: T − 1, the index of the last key. Named as the input of GroupQueryAttention. */
  seqlensK: 'seqlens_k',
  /** int32 [1]: T, with the P tokens in the KV cache. Named as the input of GroupQueryAttention. */
  totalSequenceLength: 'total_sequence_length',
  /** float32 [B or 1, 1, S, T]: the mask of a window, or of full attention. */
  bias: (window: Window) =>
    window === null ? 'bias' : typeof window === 'number' ? `bias_${window}` : `bias_chunk_${window.chunk}`,
  /** float32 [B, heads, 1, T]. */
  alibi: 'alibi',
  /** float32 [L, dim / 2] of the index-th rotary embedding. */
  cos: (index: number) => `cos_${index}`,
  sin: (index: number) => `sin_${index}`,
  /** float32 [B, keyValueHeads, P, headDim], and with valueDim for values. */
  pastKey: (layer: number) => `past_key_${layer}`,
  pastValue: (layer: number) => `past_value_${layer}`,
  /** float32 [B, keyValueHeads, S or T, headDim]: see `AttentionKind`. */
  presentKey: (layer: number) => `present_key_${layer}`,
  presentValue: (layer: number) => `present_value_${layer}`,
  /** float32 [R, hidden] after the final norm. */
  hidden: 'hidden',
} as const;

/** Inputs and outputs of layers with a state (see `RecurrenceInputs`), where there are any. K: kernel of the convolutions. */
export const RECURRENCE = {
  /** int64 [N, T]. */
  slots: (stage: Stage) => `${stage}_slots`,
  /** float32 [N, T, 1]. */
  mask: (stage: Stage) => `${stage}_mask`,
  /** int64 [N, T]. */
  inputs: (stage: Stage) => `${stage}_inputs`,
  /** int64 [N, K − 1]. */
  before: (stage: Stage) => `${stage}_before`,
  /** int64 [N]. */
  parents: (stage: Stage) => `${stage}_parents`,
  /** int64 [B · S]. */
  source: 'recurrence_source',
  /** int64 [B, K − 1]. */
  after: 'recurrence_after',
  /** float32 [B, K − 1, channels]. */
  pastInputs: (layer: number) => `past_inputs_${layer}`,
  presentInputs: (layer: number) => `present_inputs_${layer}`,
  /** float32 [B, heads, rows, columns]. */
  pastState: (layer: number) => `past_state_${layer}`,
  presentState: (layer: number) => `present_state_${layer}`,
} as const;

/** Inputs that several layers share and others do not: the windows of their masks, and their rotary tables. */
export interface BackboneInputs {
  readonly windows: readonly Window[];
  readonly ropes: readonly Rope[];
}

export function backboneInputs(decoder: Decoder): BackboneInputs {
  const attentions = attentionsOf(decoder);
  return {
    windows: [...new Set(attentions.map(({ window }) => window))],
    ropes: [...new Set(attentions.flatMap(({ rope }) => rope ?? []))],
  };
}

/** Which operators a backbone is built from. */
export interface BackboneOptions extends ExpertsOptions {
  readonly attention: AttentionKind;
  /**
   * Take and return keys and values of tokens. Outputs stay in memory until the end of a run, fetched or not: for 32
   * layers of 4096 that is a megabyte per token.
   */
  readonly useKvCache: boolean;
}

/**
 * All of a decoder but its output matrix, as a graph over B sequences of S tokens, after P tokens whose keys and values
 * are known. Inputs and outputs: see `BACKBONE`.
 */
export function buildBackbone(decoder: Decoder, weights: Weights, options: BackboneOptions): Graph {
  const graph = new Graph();
  const tokens = graph.input(BACKBONE.tokens, int64, ['B', 'S']);
  const positions = graph.input(BACKBONE.positions, int64, ['B', 'S']);
  const rows = graph.input(BACKBONE.rows, int64, ['R']);
  const seqlensK = graph.input(BACKBONE.seqlensK, int32, ['B']);
  const totalSequenceLength = graph.input(BACKBONE.totalSequenceLength, int32, [1]);
  const shared: SharedInputs = {
    positions,
    seqlensK,
    totalSequenceLength,
    batchShape: graph.op('Shape', [tokens]),
    totalLength: graph.cast(totalSequenceLength, int64),
  };
  const layerInputs = declareLayerInputs(graph, decoder, options);
  const recurrence = declareRecurrence(graph, decoder, options);
  const presents: Present[] = [];
  let stream: Stream = { sum: embed(graph, weights, decoder, tokens, positions), pending: null };
  for (const [index, layer] of decoder.layers.entries()) {
    const isLast = index === decoder.layers.length - 1;
    stream = applyLayer(graph, weights, layer, stream, {
      shared,
      index,
      layerInputs,
      recurrence,
      options,
      presents,
      rows: isLast ? rows : null,
    });
  }
  // Declared first, and first among those that are fetched: the binding takes the location of an output from its index.
  graph.output(BACKBONE.hidden, normStream(graph, weights, decoder.finalNorm, stream).normed, float32);
  for (const { name, value } of presents) graph.output(name, value, float32);
  return graph;
}

/** The inputs that vary with the kind of layer, each declared once. */
function declareLayerInputs(
  graph: Graph,
  decoder: Decoder,
  { useKvCache }: BackboneOptions,
): (index: number, attention: Attention) => LayerInputs {
  const { windows, ropes } = backboneInputs(decoder);
  const slopes = attentionsOf(decoder).find(({ alibi }) => alibi !== null)?.heads;
  const alibi = slopes === undefined ? null : graph.input(BACKBONE.alibi, float32, ['B', slopes, 1, 'T']);
  const biases = new Map(
    windows.map((window) => {
      const mask = graph.input(BACKBONE.bias(window), float32, ['B_mask', 1, 'S', 'T']);
      return [window, alibi ? graph.op('Add', [mask, alibi]) : mask];
    }),
  );
  const tables = new Map(
    ropes.map((rope, i) => {
      const table = (name: string) => graph.input(name, float32, ['L', rope.dim / 2]);
      return [rope, { cos: table(BACKBONE.cos(i)), sin: table(BACKBONE.sin(i)) }];
    }),
  );
  return (index, attention) => {
    const past = (name: string, size: number) => graph.input(name, float32, ['B', attention.keyValueHeads, 'P', size]);
    const bias = biases.get(attention.window);
    if (bias === undefined) throw new Error(`no mask of window ${JSON.stringify(attention.window)}`);
    return {
      bias,
      rope: attention.rope === null ? null : (tables.get(attention.rope) ?? null),
      past: useKvCache
        ? {
            key: past(BACKBONE.pastKey(index), attention.headDim),
            value: past(BACKBONE.pastValue(index), attention.valueDim),
          }
        : null,
    };
  };
}

/** [B · S, hidden]. Rows are looked up in the file's own type, so that the whole table is not converted. */
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

/** The inputs of layers with a state; null where there are none. */
function declareRecurrence(
  graph: Graph,
  decoder: Decoder,
  { useKvCache }: BackboneOptions,
): { readonly inputs: RecurrenceInputs; readonly past: (index: number, mixer: Recurrent) => PastState | null } | null {
  const [first] = recurrentsOf(decoder);
  if (first === undefined) return null;
  const { kernel } = recurrentShape(first);
  const stage = (name: Stage): StageInputs => ({
    slots: graph.input(RECURRENCE.slots(name), int64, [`N_${name}`, `T_${name}`]),
    mask: graph.input(RECURRENCE.mask(name), float32, [`N_${name}`, `T_${name}`, 1]),
    inputs: graph.input(RECURRENCE.inputs(name), int64, [`N_${name}`, `T_${name}`]),
    before: graph.input(RECURRENCE.before(name), int64, [`N_${name}`, kernel - 1]),
    parents: name === 'trunk' && !useKvCache ? null : graph.input(RECURRENCE.parents(name), int64, [`N_${name}`]),
  });
  return {
    inputs: {
      trunk: stage('trunk'),
      branches: stage('branches'),
      source: graph.input(RECURRENCE.source, int64, ['BS']),
      after: useKvCache ? graph.input(RECURRENCE.after, int64, ['B', kernel - 1]) : null,
    },
    past: (index, mixer) => {
      if (!useKvCache) return null;
      const { channels, state } = recurrentShape(mixer);
      return {
        inputs: graph.input(RECURRENCE.pastInputs(index), float32, ['B', kernel - 1, channels]),
        state: state && graph.input(RECURRENCE.pastState(index), float32, ['B', ...state]),
      };
    },
  };
}

interface Present {
  readonly name: string;
  readonly value: Value;
}

interface LayerContext {
  readonly shared: SharedInputs;
  readonly index: number;
  readonly layerInputs: ReturnType<typeof declareLayerInputs>;
  readonly recurrence: ReturnType<typeof declareRecurrence>;
  readonly options: BackboneOptions;
  /** What the layer keeps for later tokens is added here. */
  readonly presents: Present[];
  /** In the last layer: the rows that are returned. Nothing after its mixer is computed for the others. */
  readonly rows: Value | null;
}

function applyLayer(graph: Graph, weights: Weights, layer: Layer, before: Stream, context: LayerContext): Stream {
  const { mixer, mlp } = layer;
  const { options, rows } = context;
  const wanted = (value: Value) => (rows === null ? value : graph.op('Gather', [value, rows], { axis: 0 }));
  const first = mixer === null ? null : normStream(graph, weights, layer.attentionNorm, before);
  const sum = wanted(first === null ? settled(graph, before) : first.stream.sum);
  const mixed =
    mixer === null || first === null
      ? null
      : applyLinear(graph, weights, mixer.output, wanted(applyMixer(graph, weights, mixer, first.normed, context)));
  const pending = mixed === null ? null : finish(graph, weights, layer, layer.attentionOutputNorm, mixed);
  if (mlp === null) return { sum, pending };
  if (layer.residual === 'parallel') {
    if (first === null || pending === null) throw new Error('a parallel layer has a mixer');
    const stream: Stream = { sum, pending: null };
    const normed =
      layer.mlpNorm === 'attention' ? wanted(first.normed) : normStream(graph, weights, layer.mlpNorm, stream).normed;
    const mlpOutput = applyMlp(graph, weights, mlp, normed, options);
    const finished = finish(graph, weights, layer, layer.mlpOutputNorm, mlpOutput);
    return { sum, pending: graph.op('Add', [pending, finished]) };
  }
  const mlpNorm = layer.mlpNorm === 'attention' ? layer.attentionNorm : layer.mlpNorm;
  const second = normStream(graph, weights, mlpNorm, { sum, pending });
  const mlpOutput = applyMlp(graph, weights, mlp, second.normed, options);
  return { sum: second.stream.sum, pending: finish(graph, weights, layer, layer.mlpOutputNorm, mlpOutput) };
}

/** What a mixer returns for its output projection: [B · S, its input]. */
function applyMixer(graph: Graph, weights: Weights, mixer: Mixer, x: Value, context: LayerContext): Value {
  const { shared, index, layerInputs, recurrence, options, presents } = context;
  if (mixer.kind === 'attention') {
    const { mixed, present } = applyAttention(graph, weights, mixer, x, {
      shared,
      layer: layerInputs(index, mixer),
      kind: options.attention,
    });
    if (present) {
      presents.push({ name: BACKBONE.presentKey(index), value: present.key });
      presents.push({ name: BACKBONE.presentValue(index), value: present.value });
    }
    return mixed;
  }
  if (recurrence === null) throw new Error('the inputs of layers with a state are missing');
  const { mixed, present } = applyRecurrent(graph, weights, mixer, x, {
    inputs: recurrence.inputs,
    past: recurrence.past(index, mixer),
  });
  if (present) {
    presents.push({ name: RECURRENCE.presentInputs(index), value: present.inputs });
    if (present.state) presents.push({ name: RECURRENCE.presentState(index), value: present.state });
  }
  return mixed;
}

/** The output of a mixer or of the MLP as it is added to the stream. */
function finish(graph: Graph, weights: Weights, layer: Layer, norm: Layer['mlpOutputNorm'], output: Value): Value {
  const normed = norm === null ? output : applyNorm(graph, weights, norm, output);
  return layer.residualScale === 1
    ? normed
    : graph.op('Mul', [normed, graph.constant([layer.residualScale], 'float32')]);
}
