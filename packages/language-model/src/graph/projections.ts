import type { Graph, Value } from '@shadow-gate/checkpoints/onnx/graph';
import type { Attention, Latent, Projections } from '../architectures/decoder.ts';
import { applyLinear } from './linear.ts';
import type { ModelGraph } from './model-graph.ts';
import { applyNorm } from './norm.ts';
import { concat, halve, splitSizes } from './operators.ts';

export interface KeyAndValue {
  readonly key: Value;
  readonly value: Value;
}

/** Queries [B, S, heads · headDim], keys and values [B, S, keyValueHeads · headDim]. */
export interface QueryKeyValue extends KeyAndValue {
  readonly query: Value;
}

interface Projected {
  readonly query: Value;
  /** Keys [m, keyValueHeads · headDim] and values; null for a layer that shares those of another layer. */
  readonly own: KeyAndValue | null;
  /** Gate of the output, as a logit: [m, heads · headDim], or [m, heads]. */
  readonly gate: Value | null;
}

/** Queries [m, heads · headDim], and the rest. */
export function project(graph: ModelGraph, attention: Attention, x: Value): Projected {
  const { outputGate } = attention;
  const projected = projectQueries(graph, attention, x);
  if (outputGate === null || outputGate === 'query') return projected;
  return { ...projected, gate: applyLinear(graph, outputGate, x) };
}

function projectQueries(graph: ModelGraph, attention: Attention, x: Value): Projected {
  const { projections } = attention;
  switch (projections.kind) {
    case 'separate': {
      const both = applyLinear(graph, projections.query, x);
      const [query, gate] = attention.outputGate === 'query' ? splitGate(graph, attention, both) : [both, null];
      const key = applyLinear(graph, projections.key, x);
      const value = projections.value === 'key' ? key : applyLinear(graph, projections.value, x);
      return { query, gate, own: { key, value } };
    }
    case 'shared':
      return { query: applyLinear(graph, projections.query, x), own: null, gate: null };
    case 'fused':
      return withoutGate(splitFused(graph, projections, applyLinear(graph, projections.linear, x), attention));
    case 'compressed':
      throw new Error('compressed attention has projections of its own');
    case 'latent':
      return withoutGate(expandLatent(graph, projections, attention, x));
  }
}

function withoutGate({ query, key, value }: QueryKeyValue): Projected {
  return { query, own: { key, value }, gate: null };
}

/** [m, heads · 2 · headDim] → two of [m, heads · headDim]. */
function splitGate(graph: Graph, { heads, headDim }: Attention, both: Value): readonly [query: Value, gate: Value] {
  const [query, gate] = halve(graph, graph.reshape(both, [-1, heads, 2, headDim]), 2);
  return [graph.reshape(query, [-1, heads * headDim]), graph.reshape(gate, [-1, heads * headDim])];
}

/** Latent attention. Rotated dimensions come first, as the operator expects: products do not depend on the order. */
function expandLatent(
  graph: ModelGraph,
  { query, compress, norm, expand, ropeDim }: Latent,
  { heads, headDim, valueDim }: Attention,
  x: Value,
): QueryKeyValue {
  const plainDim = headDim - ropeDim;
  const inner = 'down' in query ? applyNorm(graph, query.norm, applyLinear(graph, query.down, x)) : x;
  const queries = graph.reshape(applyLinear(graph, query.up, inner), [-1, heads, headDim]);
  const [plainQuery, ropeQuery] = splitSizes(graph, queries, [plainDim, ropeDim]);
  const [latent, ropeKey] = splitSizes(graph, applyLinear(graph, compress, x), [compress.output - ropeDim, ropeDim]);
  const expanded = applyLinear(graph, expand, applyNorm(graph, norm, latent));
  const byHead = graph.reshape(expanded, [-1, heads, plainDim + valueDim]);
  const [plainKey, value] = splitSizes(graph, byHead, [plainDim, valueDim]);
  // All heads share the rotated part of the key.
  const ropeKeys = graph.op('Tile', [graph.reshape(ropeKey, [-1, 1, ropeDim]), graph.constant([1, heads, 1], 'int64')]);
  const joined = (rope: Value, plain: Value) => graph.reshape(concat(graph, [rope, plain]), [-1, heads * headDim]);
  return {
    query: joined(ropeQuery, plainQuery),
    key: joined(ropeKeys, plainKey),
    value: graph.reshape(value, [-1, heads * valueDim]),
  };
}

function splitFused(
  graph: Graph,
  { groups, split: sizes }: Extract<Projections, { kind: 'fused' }>,
  fused: Value,
  { heads, keyValueHeads, headDim }: Attention,
): QueryKeyValue {
  const count = sizes[0] + sizes[1] + sizes[2];
  const [query, key, value] = splitSizes(graph, graph.reshape(fused, [-1, groups, count, headDim]), sizes, 2);
  const flat = (part: Value, width: number) => graph.reshape(part, [-1, width * headDim]);
  return { query: flat(query, heads), key: flat(key, keyValueHeads), value: flat(value, keyValueHeads) };
}
