import { ElementType, Graph, type Value } from '../../onnx/graph.ts';
import {
  type Attention,
  attentionsOf,
  type Decoder,
  hasOwnKeys,
  layersBeforeLate,
  type Rope,
  recurrentsOf,
  type Window,
} from '../architectures/decoder.ts';
import { recurrentShape } from '../architectures/recurrent.ts';
import type { Weights } from '../architectures/weights.ts';
import { collapseStates, expandStates } from './altup.ts';
import type { AttentionKind, LayerInputs, LayerKeys, SharedInputs } from './attention.ts';
import { BACKBONE, RECURRENCE } from './backbone-names.ts';
import { applyLayer, type Present, type RecurrentInputs } from './block.ts';
import type { ExpertsOptions } from './experts.ts';
import { declareLateLayers, type LayersContext } from './late-layers.ts';
import { lookUp } from './linear.ts';
import { normStream, type Stream, settled } from './norm.ts';
import { perLayerEmbeddings, tokensInTable } from './per-layer-embeddings.ts';
import type { Stage, StageInputs } from './recurrence.ts';

const { float32, int32, int64 } = ElementType;

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
  const keys = new Map<number, LayerKeys>();
  const embedded = embed(graph, weights, decoder, tokens, positions);
  const ofLayers = embedForLayers(graph, weights, decoder, tokens, embedded);
  const { altUp } = decoder;
  const sum = altUp === undefined ? embedded : expandStates(graph, weights, altUp, embedded);
  const first = layersBeforeLate(decoder);
  const context: LayersContext = { shared, layerInputs, recurrence, options, presents, keys, ofLayers, rows: null };
  const late = first < decoder.layers.length ? declareLateLayers(graph, context) : null;
  const rows = late?.rows ?? graph.input(BACKBONE.rows, int64, ['R']);
  let stream: Stream = { sum, pending: null };
  for (const [index, layer] of decoder.layers.entries()) {
    const isLast = index === decoder.layers.length - 1;
    if (late !== null && index === first) stream = late.enter(stream);
    const own = late !== null && index >= first ? late.context : context;
    stream = applyLayer(graph, weights, layer, stream, { ...own, index, rows: isLast ? rows : null });
  }
  if (altUp !== undefined) {
    stream = { sum: collapseStates(graph, weights, altUp, settled(graph, stream)), pending: null };
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
): (index: number, attention: Attention) => Omit<LayerInputs, 'sharedKeys'> {
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
      past:
        useKvCache && hasOwnKeys(attention)
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

/** See `perLayerEmbeddings`; null where there are none. */
function embedForLayers(graph: Graph, weights: Weights, decoder: Decoder, tokens: Value, embedded: Value) {
  const { vocabulary, perLayerEmbeddings: described } = decoder;
  if (described === undefined) return null;
  const flat = graph.reshape(tokens, [-1]);
  const known = vocabulary > described.vocabulary ? tokensInTable(graph, described, flat) : flat;
  return perLayerEmbeddings(graph, weights, described, known, embedded);
}

/** The inputs of layers with a state; null where there are none. */
function declareRecurrence(graph: Graph, decoder: Decoder, { useKvCache }: BackboneOptions): RecurrentInputs | null {
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
