import type { Graph, Value } from '@shadow-gate/checkpoints/onnx/graph';
import type { AltUpBlock } from '../architectures/altup.ts';
import { type Attention, hasOwnKeys, type Layer, type Mixer, type SingleMixer } from '../architectures/decoder.ts';
import type { BlockExchanges } from '../architectures/hyper-connections.ts';
import type { HyperBlock, HyperConnection } from '../architectures/manifold-connections.ts';
import type { Recurrent } from '../architectures/recurrent.ts';
import { addToOthers, chosenState, correctStates, predictStates, stateAt, withLaurel } from './altup.ts';
import {
  type AttentionKind,
  applyAttention,
  type LayerInputs,
  type LayerKeys,
  type SharedInputs,
} from './attention.ts';
import { BACKBONE, RECURRENCE } from './backbone-names.ts';
import { applyCompressedAttention } from './compressed-attention.ts';
import type { ExpertsOptions } from './experts.ts';
import { enterBlock, leaveBlock } from './hyper-connections.ts';
import { applyLinear, loadFloat32, scaled } from './linear.ts';
import { connect, spreadOutput } from './manifold-connections.ts';
import { applyMlp, withExpertsBeside } from './mlp.ts';
import type { ModelGraph } from './model-graph.ts';
import { addNgrams } from './ngrams.ts';
import { applyNorm, type NormedStream, normStream, type Stream, settled } from './norm.ts';
import { perLayerInput } from './per-layer-embeddings.ts';
import { followSequences, type PastState, type RecurrenceInputs, recurrentBlock } from './recurrence.ts';

export interface Present {
  readonly name: string;
  readonly value: Value;
}

export interface RecurrentInputs {
  readonly inputs: RecurrenceInputs;
  readonly past: (index: number, mixer: Recurrent) => PastState | null;
  /** See `addNgrams`. */
  readonly pastNgrams: (index: number, mixer: Recurrent) => Value | null;
}

export interface LayerContext {
  readonly shared: SharedInputs;
  readonly index: number;
  readonly layerInputs: (index: number, attention: Attention) => Omit<LayerInputs, 'sharedKeys'>;
  /** Null if no layer has a state. */
  readonly recurrence: RecurrentInputs | null;
  readonly options: ExpertsOptions & { readonly attention: AttentionKind };
  /** Collects the layer's outputs for later tokens. */
  readonly presents: Present[];
  /** By layer index: keys and values of the layers so far that have their own. */
  readonly keys: Map<number, LayerKeys>;
  /** The tokens' embeddings for a layer, [m, size]; null if the model has none. */
  readonly ofLayer: ((index: number) => Value) | null;
  /** int64 [m]; null if no layer reads the tokens. */
  readonly tokens: Value | null;
  /** In the last layer: the rows that are returned. After the mixer, only these are computed. */
  readonly rows: Value | null;
}

/** A whole block, including the layer's embedding and scalar. */
export function applyLayer(graph: ModelGraph, layer: Layer, before: Stream, context: LayerContext): Stream {
  const { hyperConnections, altUp, hyper } = layer;
  if (hyperConnections !== undefined) return applyHyperConnections(graph, layer, hyperConnections, before, context);
  if (altUp !== undefined) return applyAltUp(graph, layer, altUp, before, context);
  if (hyper !== undefined) return applyHyper(graph, layer, hyper, before, context);
  const block = applyBlock(graph, layer, before, context);
  const withInput = (sum: Value): Stream => ({ sum, pending: ofOwnEmbedding(graph, layer, sum, context) });
  const stream = layer.perLayerInput === undefined ? block : withInput(settled(graph, block));
  if (layer.scalar === undefined) return stream;
  const scalar = loadFloat32(graph, graph.weights.tensor(layer.scalar, [1]));
  return { sum: graph.op('Mul', [settled(graph, stream), scalar]), pending: null };
}

/** The token's embedding for this layer, gated by a hidden state; null if the layer has none. */
function ofOwnEmbedding(
  graph: ModelGraph,
  { perLayerInput: input }: Layer,
  state: Value,
  { index, ofLayer, rows }: LayerContext,
): Value | null {
  if (input === undefined) return null;
  if (ofLayer === null) throw new Error('the embeddings of each layer are missing');
  return perLayerInput(graph, input, state, wantedRows(graph, rows, ofLayer(index)));
}

/** With several hidden states [m, count, hidden] in the stream. */
function applyAltUp(graph: ModelGraph, layer: Layer, altUp: AltUpBlock, before: Stream, context: LayerContext): Stream {
  const predicted = predictStates(graph, altUp, settled(graph, before));
  const active: Stream = { sum: stateAt(graph, predicted, altUp.active), pending: null };
  const output = settled(graph, applyBlock(graph, layer, active, context));
  const states = correctStates(graph, altUp, wantedRows(graph, context.rows, predicted), output);
  const added = ofOwnEmbedding(graph, layer, chosenState(graph, altUp, states), context);
  return { sum: added === null ? states : addToOthers(graph, altUp, states, added), pending: null };
}

/** With several residual streams [m, count · hidden]. */
function applyHyperConnections(
  graph: ModelGraph,
  { mixer, mlp }: Layer,
  exchanges: BlockExchanges,
  before: Stream,
  context: LayerContext,
): Stream {
  if (mixer === null) throw new Error('a block with several streams has a mixer');
  const wanted = (value: Value) => wantedRows(graph, context.rows, value);
  const streams = withNgrams(graph, mixer, settled(graph, before), context);
  const first = enterBlock(graph, exchanges.mixer, streams);
  const output = applyMixer(graph, mixer, first.input, context);
  const between = leaveBlock(graph, exchanges.mixer, wanted(streams), output, wanted(first.shares));
  if (mlp === null) return { sum: between, pending: null };
  const second = enterBlock(graph, exchanges.mlp, between);
  const added = applyMlp(graph, mlp, second.input, { ...context.options, tokens: null });
  return { sum: leaveBlock(graph, exchanges.mlp, between, added, second.shares), pending: null };
}

function withNgrams(graph: ModelGraph, mixer: Mixer, streams: Value, context: LayerContext): Value {
  if (mixer.kind !== 'gated-delta' || mixer.ngrams === undefined) return streams;
  const { tokens, recurrence, index, presents } = context;
  if (tokens === null || recurrence === null) throw new Error('the tokens are missing');
  const past = recurrence.pastNgrams(index, mixer);
  const added = addNgrams(graph, mixer.ngrams, streams, { tokens, inputs: recurrence.inputs, past });
  if (added.present) presents.push({ name: RECURRENCE.presentNgrams(index), value: added.present });
  return added.streams;
}

/** With several streams [m, count, hidden] that both halves of the block take and give. */
function applyHyper(graph: ModelGraph, layer: Layer, hyper: HyperBlock, before: Stream, context: LayerContext): Stream {
  const half = (part: Layer, connection: HyperConnection, streams: Value, inner: LayerContext) => {
    const wanted = (value: Value) => wantedRows(graph, inner.rows, value);
    const { input, shares, mix } = connect(graph, connection, streams);
    const { pending } = applyBlock(graph, part, { sum: input, pending: null }, inner);
    if (pending === null) throw new Error('half a block has one output');
    return spreadOutput(graph, { shares: wanted(shares), mix: wanted(mix) }, wanted(streams), pending);
  };
  const attended = half({ ...layer, mlp: null }, hyper.mixer, settled(graph, before), context);
  const tokens = context.tokens && wantedRows(graph, context.rows, context.tokens);
  const sum = half({ ...layer, mixer: null }, hyper.mlp, attended, { ...context, tokens, rows: null });
  return { sum, pending: null };
}

function wantedRows(graph: Graph, rows: Value | null, value: Value): Value {
  return rows === null ? value : graph.op('Gather', [value, rows], { axis: 0 });
}

function applyBlock(graph: ModelGraph, layer: Layer, before: Stream, context: LayerContext): Stream {
  const { mixer, mlp } = layer;
  const wanted = (value: Value) => wantedRows(graph, context.rows, value);
  const options = { ...context.options, tokens: context.tokens && wanted(context.tokens) };
  const residual = ({ normed, stream }: NormedStream) => (layer.residual === 'normed' ? normed : stream.sum);
  const first = mixer === null ? null : normStream(graph, layer.attentionNorm, before);
  const sum = wanted(first === null ? settled(graph, before) : residual(first));
  const mixed = mixer === null || first === null ? null : applyMixer(graph, mixer, first.normed, context);
  const pending = mixed === null ? null : finish(graph, layer, layer.attentionOutputNorm, mixed);
  if (mlp === null) return { sum, pending };
  if (layer.residual === 'parallel') {
    if (first === null || pending === null) throw new Error('a parallel layer has a mixer');
    const normed =
      layer.mlpNorm === 'attention'
        ? wanted(first.normed)
        : normStream(graph, layer.mlpNorm, { sum, pending: null }).normed;
    const finished = finish(graph, layer, layer.mlpOutputNorm, applyMlp(graph, mlp, normed, options));
    return { sum, pending: graph.op('Add', [pending, finished]) };
  }
  const mlpNorm = layer.mlpNorm === 'attention' ? layer.attentionNorm : layer.mlpNorm;
  let attended: Stream = { sum, pending };
  if (layer.laurel !== undefined && first !== null) {
    const inputs = { sum: settled(graph, attended), normed: wanted(first.normed) };
    attended = { sum: withLaurel(graph, layer.laurel, inputs), pending: null };
  }
  const second = normStream(graph, mlpNorm, attended);
  const dense = applyMlp(graph, mlp, second.normed, options);
  const { beside } = layer;
  const mlpOutput =
    beside === undefined ? dense : withExpertsBeside(graph, beside, { mlp: dense, stream: second.stream.sum }, options);
  return { sum: residual(second), pending: finish(graph, layer, layer.mlpOutputNorm, mlpOutput) };
}

/** Output of a mixer for x [B · S, hidden]: the wanted rows. */
function applyMixer(graph: ModelGraph, mixer: Mixer, x: Value, context: LayerContext): Value {
  if (mixer.kind !== 'parallel') {
    const mixed = wantedRows(graph, context.rows, beforeOutput(graph, mixer, x, context));
    return applyLinear(graph, mixer.output, mixed);
  }
  const outputs = mixer.branches.map(({ mixer: own, inputScale, outputScale }) =>
    scaled(graph, applyMixer(graph, own, scaled(graph, x, inputScale), context), outputScale),
  );
  return graph.sum(outputs);
}

/** Input of a mixer's output projection: [B · S, its input]. */
function beforeOutput(graph: ModelGraph, mixer: SingleMixer, x: Value, context: LayerContext): Value {
  const { shared, index, layerInputs, recurrence, options, presents } = context;
  if (mixer.kind === 'attention') {
    const { projections } = mixer;
    const sharedKeys = projections.kind === 'shared' ? (context.keys.get(projections.layer) ?? null) : null;
    const inputs = { shared, layer: { ...layerInputs(index, mixer), sharedKeys }, kind: options.attention };
    const { mixed, present, keys } =
      projections.kind === 'compressed'
        ? applyCompressedAttention(graph, mixer, projections, x, inputs)
        : applyAttention(graph, mixer, x, inputs);
    if (hasOwnKeys(mixer)) context.keys.set(index, keys);
    if (present) {
      presents.push(
        { name: BACKBONE.presentKey(index), value: present.key },
        { name: BACKBONE.presentValue(index), value: present.value },
      );
    }
    return mixed;
  }
  if (recurrence === null) throw new Error('the inputs of layers with a state are missing');
  const past = recurrence.past(index, mixer);
  const block = recurrentBlock(graph, mixer, x);
  const { mixed, present } = followSequences(graph, block, { inputs: recurrence.inputs, past });
  if (present) {
    presents.push({ name: RECURRENCE.presentInputs(index), value: present.inputs });
    if (present.state) presents.push({ name: RECURRENCE.presentState(index), value: present.state });
  }
  return mixed;
}

function finish(graph: ModelGraph, layer: Layer, norm: Layer['mlpOutputNorm'], output: Value): Value {
  const normed = norm === null ? output : applyNorm(graph, norm, output);
  return scaled(graph, normed, layer.residualScale);
}
