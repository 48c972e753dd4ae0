import type { Graph, Value } from '@shadow-gate/checkpoints/onnx/graph';
import type { PerLayerEmbeddings, PerLayerInput } from '../architectures/per-layer-embeddings.ts';
import { gated } from './activation.ts';
import { applyLinear, lookUp } from './linear.ts';
import type { ModelGraph } from './model-graph.ts';
import { applyNorm } from './norm.ts';

/** Each layer's additions for tokens [m] with embeddings [m, hidden]: float32 [m, layers, size]. */
export function perLayerEmbeddings(
  graph: ModelGraph,
  { table, vocabulary, size, scale, projection, projectionScale, norm }: PerLayerEmbeddings,
  tokens: Value,
  embedded: Value,
): Value {
  const times = (value: Value, factor: number) => graph.op('Mul', [value, graph.constant([factor], 'float32')]);
  const layers = projection.output / size;
  const perLayer = (value: Value) => graph.reshape(value, [-1, layers, size]);
  const looked = lookUp(graph, table, tokens, [vocabulary, projection.output]);
  const projected = times(applyLinear(graph, projection, embedded), projectionScale);
  const ofContext = applyNorm(graph, norm, perLayer(projected));
  return times(graph.op('Add', [ofContext, times(perLayer(looked), scale)]), Math.SQRT1_2);
}

/** Tokens beyond the table, such as those of images, take the embeddings of the first token (Gemma 3n). */
export function tokensInTable(graph: Graph, { vocabulary }: PerLayerEmbeddings, tokens: Value): Value {
  const constant = (value: number) => graph.constant([value], 'int64', []);
  return graph.op('Where', [graph.op('Less', [tokens, constant(vocabulary)]), tokens, constant(0)]);
}

/** One layer's part of `perLayerEmbeddings`: [m, size]. */
export function embeddingsOfLayer(graph: Graph, all: Value, layer: number): Value {
  return graph.op('Gather', [all, graph.constant([layer], 'int64', [])], { axis: 1 });
}

/** A layer's embeddings [m, size] as an update of the stream [m, hidden]. */
export function perLayerInput(
  graph: ModelGraph,
  { gate, activation, projection, norm }: PerLayerInput,
  stream: Value,
  embeddings: Value,
): Value {
  const chosen = gated(graph, activation, applyLinear(graph, gate, stream), embeddings);
  return applyNorm(graph, norm, applyLinear(graph, projection, chosen));
}
