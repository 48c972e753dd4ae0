import { ElementType, type Graph, type Value } from '@shadow-gate/checkpoints/onnx/graph';
import { LATE } from './backbone-names.ts';
import type { LayerContext } from './block.ts';
import { type Stream, settled } from './norm.ts';
import { concat } from './operators.ts';

const { int64 } = ElementType;

export type LayersContext = Omit<LayerContext, 'index'>;

/** Inputs of the last layers (see `layersBeforeLate`): [B · K, …]. Queries and keys are of different slots there. */
export function declareLateLayers(graph: Graph, context: LayersContext) {
  const slots = graph.input(LATE.slots, int64, ['B', 'K']);
  const masks = graph.input(LATE.masks, int64, ['B', 'K']);
  const flat = graph.reshape(slots, [-1]);
  const { shared, layerInputs, options, ofLayer } = context;
  const rowsOfMask = concat(graph, [graph.constant([-1], 'int64'), shared.totalLength], 0);
  const biases = new Map<Value, Value>();
  /** [B or 1, 1, S, T] → [B, 1, K, T]. */
  const biasOf = (bias: Value): Value => {
    const known = biases.get(bias);
    if (known) return known;
    const rows = graph.op('Gather', [graph.op('Reshape', [bias, rowsOfMask]), masks], { axis: 0 });
    const made = graph.op('Unsqueeze', [rows, graph.constant([1], 'int64')]);
    biases.set(bias, made);
    return made;
  };
  const chosen = (value: Value) => graph.op('Gather', [value, flat], { axis: 0 });
  const late: LayersContext = {
    ...context,
    shared: {
      ...shared,
      positions: graph.op('Gather', [graph.reshape(shared.positions, [-1]), slots], { axis: 0 }),
      batchShape: graph.op('Shape', [slots]),
    },
    layerInputs: (index, attention) => {
      const inputs = layerInputs(index, attention);
      return { ...inputs, bias: biasOf(inputs.bias) };
    },
    ofLayer: ofLayer && ((index) => chosen(ofLayer(index))),
    tokens: context.tokens && chosen(context.tokens),
    // The fused operator has as many queries as new keys, and blocks take queries in the order of the keys.
    options: options.attention === 'split' ? options : { ...options, attention: 'concat' },
  };
  const enter = (stream: Stream): Stream => ({ sum: chosen(settled(graph, stream)), pending: null });
  return { enter, context: late, rows: graph.input(LATE.rows, int64, ['R']) };
}
