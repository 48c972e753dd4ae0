import { ElementType, type Graph, type Value } from '@shadow-gate/checkpoints/onnx/graph';
import type { TokenWindows } from '../architectures/compressed.ts';
import {
  type Attention,
  attentionMixers,
  choosesByToken,
  type Decoder,
  entriesIn,
  hasOwnKeys,
  layersBeforeLate,
  type Rope,
  recurrentMixers,
  type Window,
} from '../architectures/decoder.ts';
import { recurrentShape } from '../architectures/recurrent.ts';
import type { Weights } from '../architectures/weights.ts';
import { collapseStates, expandStates } from './altup.ts';
import type { AttentionKind, EntryInputs, LayerInputs, LayerKeys, SharedInputs } from './attention.ts';
import { BACKBONE, ENTRIES, RECURRENCE } from './backbone-names.ts';
import { applyLayer, type Present, type RecurrentInputs } from './block.ts';
import type { ExpertsOptions } from './experts.ts';
import { mixStreams, repeatStream } from './hyper-connections.ts';
import { declareLateLayers, type LayersContext } from './late-layers.ts';
import { applyLinear, lookUp, scaled } from './linear.ts';
import { beginStreams, endStreams } from './manifold-connections.ts';
import { ModelGraph } from './model-graph.ts';
import { applyNorm, normStream, type Stream, settled } from './norm.ts';
import { continuePart, endPart, type PartBeginning } from './part-edges.ts';
import { embeddingsOfLayer, perLayerEmbeddings, tokensInTable } from './per-layer-embeddings.ts';
import type { KeyAndValue } from './projections.ts';
import type { Stage, StageInputs } from './recurrence.ts';

const { float32, int32, int64 } = ElementType;

/** Inputs that only some layers share: the windows of their masks and entries, and their rotary tables. */
interface BackboneInputs {
  readonly windows: readonly Window[];
  readonly ropes: readonly Rope[];
  readonly entries: readonly TokenWindows[];
}

export function backboneInputs(decoder: Pick<Decoder, 'layers'>): BackboneInputs {
  const attentions = attentionMixers(decoder);
  return {
    windows: [...new Set(attentions.map(({ window }) => window))],
    ropes: [...new Set(attentions.flatMap(({ rope }) => rope ?? []))],
    entries: [...new Set(attentions.flatMap((attention) => entriesIn(attention.projections)?.windows ?? []))],
  };
}

interface BackboneOptions extends ExpertsOptions {
  readonly attention: AttentionKind;
  /** Take and return keys and values. Outputs stay in memory in a run: 1 MB per token for 32 layers of 4096. */
  readonly useKvCache: boolean;
}

/**
 * Consecutive layers of a backbone, `from` ≤ index < `to`, as their own graph. With `embeds` it begins with the tokens,
 * else with the previous part's stream. The part with the last layer ends with the hidden states, others with the
 * stream.
 */
export interface BackbonePart {
  readonly embeds: boolean;
  readonly from: number;
  readonly to: number;
}

/** The parts of a decoder that runs layer by layer: its embeddings, and each layer. */
export function layerParts({ layers }: Decoder): BackbonePart[] {
  return [{ embeds: true, from: 0, to: 0 }, ...layers.map((_, i) => ({ embeds: false, from: i, to: i + 1 }))];
}

/** A decoder, or a part of one, without its output matrix. Inputs and outputs: see `BACKBONE` and `EDGE`. */
export function buildBackbone(
  decoder: Decoder,
  weights: Weights,
  options: BackboneOptions,
  part: BackbonePart = { embeds: true, from: 0, to: decoder.layers.length },
): Graph {
  const { embeds, from, to } = part;
  const graph = new ModelGraph(weights);
  const own = { ...decoder, layers: decoder.layers.slice(from, to) };
  const tokens = embeds || readsTokens(own) ? graph.input(BACKBONE.tokens, int64, ['B', 'S']) : null;
  const positions = graph.input(BACKBONE.positions, int64, ['B', 'S']);
  const seqlensK = graph.input(BACKBONE.seqlensK, int32, ['B']);
  const totalSequenceLength = graph.input(BACKBONE.totalSequenceLength, int32, [1]);
  const shared: SharedInputs = {
    positions,
    seqlensK,
    totalSequenceLength,
    batchShape: graph.op('Shape', [tokens ?? positions]),
    totalLength: graph.cast(totalSequenceLength, int64),
  };
  const layerInputs = declareLayerInputs(graph, decoder, own, options);
  const recurrence = declareRecurrence(graph, own, options);
  const presents: Present[] = [];
  const keys = new Map<number, LayerKeys>();
  const past = (index: number, attention: Attention) => pastKeys(graph, index, attention, options);
  const { sum, ofLayer } =
    !embeds || tokens === null
      ? continuePart(graph, decoder, part, past, keys)
      : beginWithTokens(graph, decoder, tokens, positions);
  const first = layersBeforeLate(decoder);
  const context: LayersContext = {
    shared,
    tokens: tokens !== null && readsTokens(own) ? graph.reshape(tokens, [-1]) : null,
    layerInputs,
    recurrence,
    options,
    presents,
    keys,
    ofLayer,
    rows: null,
  };
  const late = first < to ? declareLateLayers(graph, context) : null;
  const isEnd = to === decoder.layers.length;
  const rows = late?.rows ?? (isEnd ? graph.input(BACKBONE.rows, int64, ['R']) : null);
  let stream: Stream = { sum, pending: null };
  for (const [i, layer] of own.layers.entries()) {
    const index = from + i;
    const isLast = index === decoder.layers.length - 1;
    if (late !== null && index === first) stream = late.enter(stream);
    const ofThis = late !== null && index >= first ? late.context : context;
    stream = applyLayer(graph, layer, stream, { ...ofThis, index, rows: isLast ? rows : null });
  }
  // Declared first, and first among those fetched: the binding takes an output's location from its index.
  if (isEnd) graph.output(BACKBONE.hidden, finishStream(graph, decoder, stream), float32);
  else endPart(graph, decoder, part, { stream, keys, ofLayer });
  for (const { name, value } of presents) graph.output(name, value, float32);
  return graph;
}

/** Input of the output layer: [R, outputSize]. */
function finishStream(graph: ModelGraph, decoder: Decoder, stream: Stream): Value {
  const { altUp, hyper, hyperConnections, finalNorm, projected } = decoder;
  if (hyperConnections !== undefined) return mixStreams(graph, hyperConnections.mix, settled(graph, stream));
  const collapsed = (sum: Value): Stream => ({ sum, pending: null });
  let last = stream;
  if (hyper !== undefined) last = collapsed(endStreams(graph, hyper, settled(graph, stream)));
  if (altUp !== undefined) last = collapsed(collapseStates(graph, altUp, settled(graph, stream)));
  const { normed } = normStream(graph, finalNorm, last);
  return projected === undefined ? normed : applyLinear(graph, projected.output, normed);
}

function beginWithTokens(graph: ModelGraph, decoder: Decoder, tokens: Value, positions: Value): PartBeginning {
  const { vocabulary, perLayerEmbeddings: described } = decoder;
  const flat = graph.reshape(tokens, [-1]);
  const embedded = embed(graph, decoder, flat, positions);
  const sum = beginStream(graph, decoder, embedded);
  if (described === undefined) return { sum, ofLayer: null };
  const known = vocabulary > described.vocabulary ? tokensInTable(graph, described, flat) : flat;
  const ofLayers = perLayerEmbeddings(graph, described, known, embedded);
  return { sum, ofLayer: (index) => embeddingsOfLayer(graph, ofLayers, index) };
}

function beginStream(graph: ModelGraph, { altUp, hyper, hyperConnections }: Decoder, embedded: Value): Value {
  if (hyper !== undefined) return beginStreams(graph, hyper, embedded);
  if (hyperConnections !== undefined) return repeatStream(graph, hyperConnections.count, embedded);
  return altUp === undefined ? embedded : expandStates(graph, altUp, embedded);
}

function declareLayerInputs(
  graph: Graph,
  decoder: Decoder,
  /** With only the layers of the part. */
  own: Decoder,
  options: BackboneOptions,
): (index: number, attention: Attention) => Omit<LayerInputs, 'sharedKeys'> {
  const { windows, ropes, entries } = backboneInputs(own);
  const { ropes: allRopes } = backboneInputs(decoder);
  const slopes = attentionMixers(own).find(({ alibi }) => alibi !== null)?.heads;
  const alibi = slopes === undefined ? null : graph.input(BACKBONE.alibi, float32, ['B', slopes, 1, 'T']);
  const biases = new Map(
    windows.map((window) => {
      const mask = graph.input(BACKBONE.bias(window), float32, ['B_mask', 1, 'S', 'T']);
      return [window, alibi ? graph.op('Add', [mask, alibi]) : mask];
    }),
  );
  const tables = new Map(
    ropes.map((rope) => {
      const i = allRopes.indexOf(rope);
      const table = (name: string) => graph.input(name, float32, ['L', rope.dim / 2]);
      return [rope, { cos: table(BACKBONE.cos(i)), sin: table(BACKBONE.sin(i)) }];
    }),
  );
  const ofEntries = new Map(entries.map((kind) => [kind, declareEntries(graph, kind)]));
  return (index, attention) => {
    const described = entriesIn(attention.projections);
    const bias = biases.get(attention.window);
    if (bias === undefined) throw new Error(`no mask of window ${JSON.stringify(attention.window)}`);
    return {
      bias,
      rope: attention.rope === null ? null : (tables.get(attention.rope) ?? null),
      past: hasOwnKeys(attention) ? pastKeys(graph, index, attention, options) : null,
      entries: described && (ofEntries.get(described.windows) ?? null),
    };
  };
}

function declareEntries(graph: Graph, windows: TokenWindows): EntryInputs {
  const { rate, overlap } = windows;
  const count = `E_${rate}`;
  return {
    own: graph.input(ENTRIES.own(windows), int64, ['B', count, rate]),
    before: overlap
      ? {
          tokens: graph.input(ENTRIES.before(windows), int64, ['B', count, rate]),
          bias: graph.input(ENTRIES.beforeBias(windows), float32, ['B', count, 1, 1]),
        }
      : null,
    positions: graph.input(ENTRIES.positions(windows), int64, ['B', count]),
    bias: graph.input(ENTRIES.bias(windows), float32, ['B', 1, 'S', count]),
  };
}

/** The keys and values of the tokens before; null without a KV cache. */
function pastKeys(
  graph: Graph,
  index: number,
  { keyValueHeads, headDim, valueDim }: Attention,
  { useKvCache }: BackboneOptions,
): KeyAndValue | null {
  if (!useKvCache) return null;
  const past = (name: string, size: number) => graph.input(name, float32, ['B', keyValueHeads, 'P', size]);
  return { key: past(BACKBONE.pastKey(index), headDim), value: past(BACKBONE.pastValue(index), valueDim) };
}

/** [B · S, hidden]. Rows are looked up in the file's type, so that the whole table is not converted. */
function embed(graph: ModelGraph, decoder: Decoder, tokens: Value, positions: Value): Value {
  const { vocabulary, hidden, embeddings, embeddingScale, projected, embeddingNorm, maxLength } = decoder;
  const looked = lookUp(graph, embeddings, tokens, [vocabulary, projected?.input.input ?? hidden]);
  const own = scaled(graph, looked, embeddingScale);
  const wide = projected === undefined ? own : applyLinear(graph, projected.input, own);
  const normed = embeddingNorm === undefined ? wide : applyNorm(graph, embeddingNorm, wide);
  if (decoder.positions === null) return normed;
  const { module, offset } = decoder.positions;
  const places = graph.reshape(positions, [-1]);
  const rows = offset === 0 ? places : graph.op('Add', [places, graph.constant([offset], 'int64')]);
  return graph.op('Add', [normed, lookUp(graph, module, rows, [offset + maxLength, hidden])]);
}

function readsTokens(decoder: Pick<Decoder, 'layers'>): boolean {
  if (decoder.layers.some(choosesByToken)) return true;
  return recurrentMixers(decoder).some((mixer) => recurrentShape(mixer).ngrams !== null);
}

function declareRecurrence(graph: Graph, decoder: Decoder, { useKvCache }: BackboneOptions): RecurrentInputs | null {
  const [first] = recurrentMixers(decoder);
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
    pastNgrams: (index, mixer) => {
      const { ngrams } = recurrentShape(mixer);
      if (!useKvCache || ngrams === null) return null;
      return graph.input(RECURRENCE.pastNgrams(index), float32, ['B', kernel - 1, ngrams]);
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
