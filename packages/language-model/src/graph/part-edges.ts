import { ElementType, type Graph, type Value } from '@shadow-gate/checkpoints/onnx/graph';
import { type Attention, type Decoder, stateCount } from '../architectures/decoder.ts';
import type { LayerKeys } from './attention.ts';
import { EDGE } from './backbone-names.ts';
import { type Stream, settled } from './norm.ts';

const { float32 } = ElementType;

export interface PartBeginning {
  readonly sum: Value;
  /** The tokens' embeddings for a layer, [m, size]; null if the model has none. */
  readonly ofLayer: ((index: number) => Value) | null;
}

interface Layers {
  readonly from: number;
  readonly to: number;
}

/** Layers with keys and values that others share, each with the last layer that does. */
export function sharedLayers({ layers }: Pick<Decoder, 'layers'>): ReadonlyMap<number, number> {
  return new Map(
    layers.flatMap(({ mixer }, index) =>
      mixer?.kind === 'attention' && mixer.projections.kind === 'shared' ? [[mixer.projections.layer, index]] : [],
    ),
  );
}

/** Earlier layers whose keys and values this part shares. */
export function sharedBefore({ layers }: Pick<Decoder, 'layers'>, { from, to }: Layers): number[] {
  const used = sharedLayers({ layers: layers.slice(from, to) });
  return [...used.keys()].filter((source) => source < from);
}

/** Layers of this part whose keys and values later ones share. */
export function sharedAfter(decoder: Pick<Decoder, 'layers'>, { from, to }: Layers): number[] {
  return [...sharedLayers(decoder)].flatMap(([source, last]) =>
    source >= from && source < to && last >= to ? [source] : [],
  );
}

export function withLayerInput({ layers }: Pick<Decoder, 'layers'>, { from, to }: Layers): number[] {
  return layers.flatMap(({ perLayerInput }, index) =>
    perLayerInput !== undefined && index >= from && index < to ? [index] : [],
  );
}

/** Declare what this part takes from earlier ones; adds their keys and values to `keys`. */
export function continuePart(
  graph: Graph,
  decoder: Decoder,
  part: Layers,
  past: (index: number, attention: Attention) => LayerKeys['past'],
  keys: Map<number, LayerKeys>,
): PartBeginning {
  const { hidden, hyperConnections, layers } = decoder;
  const count = stateCount(decoder);
  for (const source of sharedBefore(decoder, part)) {
    const mixer = layers[source]?.mixer;
    if (mixer?.kind !== 'attention') throw new Error(`layer ${source} has no keys and values to share`);
    const { keyValueHeads, headDim, valueDim } = mixer;
    const input = (name: string, size: number) => graph.input(name, float32, ['B', 'S', keyValueHeads * size]);
    keys.set(source, {
      key: input(EDGE.sharedKey(source), headDim),
      value: input(EDGE.sharedValue(source), valueDim),
      past: past(source, mixer),
    });
  }
  const inputs = new Map(
    withLayerInput(decoder, part).map((index) => {
      const { perLayerEmbeddings } = decoder;
      if (perLayerEmbeddings === undefined) throw new Error('the embeddings of each layer are not described');
      return [index, graph.input(EDGE.layerInput(index), float32, ['M_all', perLayerEmbeddings.size])];
    }),
  );
  const dims = count === null ? ['M', hidden * (hyperConnections?.count ?? 1)] : ['M', count, hidden];
  return {
    sum: graph.input(EDGE.stream, float32, dims),
    ofLayer: (index) => {
      const value = inputs.get(index);
      if (value === undefined) throw new Error(`the embeddings of layer ${index} are missing`);
      return value;
    },
  };
}

export function endPart(
  graph: Graph,
  decoder: Decoder,
  part: Layers & { readonly embeds: boolean },
  {
    stream,
    keys,
    ofLayer,
  }: { readonly stream: Stream; readonly keys: ReadonlyMap<number, LayerKeys> } & Pick<PartBeginning, 'ofLayer'>,
): void {
  graph.output(EDGE.next, settled(graph, stream), float32);
  for (const source of sharedAfter(decoder, part)) {
    const own = keys.get(source);
    if (own === undefined) throw new Error(`the keys and values of layer ${source} are missing`);
    graph.output(EDGE.sharedKey(source), own.key, float32);
    graph.output(EDGE.sharedValue(source), own.value, float32);
  }
  if (!part.embeds || ofLayer === null) return;
  for (const index of withLayerInput(decoder, { from: part.to, to: decoder.layers.length })) {
    graph.output(EDGE.layerInput(index), ofLayer(index), float32);
  }
}
