import type { Graph, Value } from '@shadow-gate/checkpoints/onnx/graph';

export function splitSizes<const S extends readonly number[]>(graph: Graph, x: Value, sizes: S, axis = -1) {
  const inputs = [x, graph.constant(sizes, 'int64')];
  const parts: readonly Value[] = graph.node('Split', inputs, { outputs: sizes.length, attributes: { axis } });
  return parts as { readonly [K in keyof S]: Value };
}

export function halve(graph: Graph, x: Value, axis = -1): readonly [Value, Value] {
  return graph.node('Split', [x], { outputs: 2, attributes: { axis, num_outputs: 2 } });
}

export function concat(graph: Graph, values: readonly Value[], axis = -1): Value {
  return graph.op('Concat', values, { axis });
}

/** The `count` largest numbers of each row, with their indices. */
export function largest(graph: Graph, x: Value, count: number): readonly [values: Value, indices: Value] {
  return graph.node('TopK', [x, graph.constant([count], 'int64')], { outputs: 2, attributes: { axis: -1 } });
}

/** [B · S, width] as [B, S, width]. */
export function inRows(graph: Graph, batchShape: Value, flat: Value, width: number): Value {
  return graph.op('Reshape', [flat, concat(graph, [batchShape, graph.constant([width], 'int64')], 0)]);
}
