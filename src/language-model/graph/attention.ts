import type { Graph, Value } from '../../onnx/graph.ts';
import type { Attention, Projections } from '../architectures/decoder.ts';
import type { Weights } from '../architectures/weights.ts';
import { applyLinear } from './linear.ts';
import { applyHeadNorm } from './norm.ts';

/** What all layers share. B sequences of S tokens each, T = P + S with the P tokens before them. */
export interface Surroundings {
  /** int64 [B, S]. */
  readonly positions: Value;
  /** int64 [2] = [B, S]. */
  readonly batchShape: Value;
  /** int64 [1] = T. */
  readonly totalLength: Value;
  /** For the fused operator: int32 [B] of T − 1, int32 [1] of T. */
  readonly lastKeys: Value;
  readonly total: Value;
}

/** What a layer gets of its kind. */
export interface LayerInputs {
  /** Added to the scores: [B, 1 or heads, S, T]. */
  readonly bias: Value;
  /** Cosines and sines by position, each [L, dim / 2]. */
  readonly rope: { readonly cos: Value; readonly sin: Value } | null;
  /** Keys and values of the tokens before: each [B, keyValueHeads, P, headDim]; null where there never are any. */
  readonly past: KeyAndValue | null;
}

export interface KeyAndValue {
  readonly key: Value;
  readonly value: Value;
}

export interface AttentionResult {
  /** [B · S, heads · headDim], before the output projection. */
  readonly mixed: Value;
  /** [B, keyValueHeads, T or S, headDim]: see `AttentionKind`. Null where there is no past. */
  readonly present: KeyAndValue | null;
}

/**
 * How attention is computed, and which keys and values come out.
 * - `fused`: GroupQueryAttention, which gives back those of all T tokens.
 * - `concat`: products and a softmax; those of all T tokens.
 * - `split`: products with the past and with the new tokens, apart, so that the past is not copied; those of the S new
 *   tokens.
 */
export type AttentionKind = 'fused' | 'concat' | 'split';

/** Attention of one layer over x [B · S, hidden], without the output projection. */
export function applyAttention(
  graph: Graph,
  weights: Weights,
  attention: Attention,
  x: Value,
  surroundings: Surroundings,
  inputs: LayerInputs,
  kind: AttentionKind,
): AttentionResult {
  const { heads, keyValueHeads, headDim } = attention;
  const { query, key, value } = project(graph, weights, attention, x);
  const inRows = (flat: Value, count: number) =>
    graph.op('Reshape', [
      flat,
      graph.op('Concat', [surroundings.batchShape, graph.constant([count * headDim], 'int64')], { axis: 0 }),
    ]);
  const q = turn(
    graph,
    attention,
    inRows(applyHeadNorm(graph, weights, attention.queryNorm, query, heads, headDim), heads),
    heads,
    surroundings,
    inputs,
  );
  const k = turn(
    graph,
    attention,
    inRows(applyHeadNorm(graph, weights, attention.keyNorm, key, keyValueHeads, headDim), keyValueHeads),
    keyValueHeads,
    surroundings,
    inputs,
  );
  const v = inRows(value, keyValueHeads);
  return kind === 'fused'
    ? applyFusedAttention(graph, attention, q, k, v, surroundings, inputs)
    : applyPlainAttention(graph, attention, q, k, v, surroundings, inputs, kind);
}

/** Queries [m, heads · headDim], keys and values [m, keyValueHeads · headDim]. */
function project(
  graph: Graph,
  weights: Weights,
  attention: Attention,
  x: Value,
): { query: Value; key: Value; value: Value } {
  const { projections } = attention;
  if (projections.kind === 'separate') {
    return {
      query: applyLinear(graph, weights, projections.query, x),
      key: applyLinear(graph, weights, projections.key, x),
      value: applyLinear(graph, weights, projections.value, x),
    };
  }
  return splitFused(graph, projections, applyLinear(graph, weights, projections.linear, x), attention);
}

function splitFused(
  graph: Graph,
  { groups, split }: Extract<Projections, { kind: 'fused' }>,
  both: Value,
  { heads, keyValueHeads, headDim }: Attention,
): { query: Value; key: Value; value: Value } {
  const count = split[0] + split[1] + split[2];
  const parts = graph.node(
    'Split',
    [graph.reshape(both, [-1, groups, count, headDim]), graph.constant([...split], 'int64')],
    { axis: 2 },
    '',
    3,
  );
  const flat = (part: Value | undefined, width: number) => graph.reshape(part as Value, [-1, width * headDim]);
  return {
    query: flat(parts[0], heads),
    key: flat(parts[1], keyValueHeads),
    value: flat(parts[2], keyValueHeads),
  };
}

/** Rotary positions of x [B, S, count · headDim]. */
function turn(
  graph: Graph,
  { rope, headDim }: Attention,
  x: Value,
  count: number,
  { positions }: Surroundings,
  { rope: tables }: LayerInputs,
): Value {
  if (rope === null || tables === null) return x;
  const partial = rope.dim === headDim ? {} : { rotary_embedding_dim: rope.dim };
  return graph.op(
    'RotaryEmbedding',
    [x, positions, tables.cos, tables.sin],
    { num_heads: count, ...partial },
    'com.microsoft',
  );
}

export function applyFusedAttention(
  graph: Graph,
  attention: Attention,
  query: Value,
  key: Value,
  value: Value,
  { lastKeys, total }: Surroundings,
  { bias, past }: LayerInputs,
): AttentionResult {
  const { heads, keyValueHeads, headDim, scale, softcap } = attention;
  const [mixed, presentKey, presentValue] = graph.node(
    'GroupQueryAttention',
    // Rotary tables and positions are left out: queries and keys are turned already.
    [query, key, value, past?.key ?? null, past?.value ?? null, lastKeys, total, null, null, null, bias],
    {
      num_heads: heads,
      kv_num_heads: keyValueHeads,
      scale: { float: scale },
      ...(softcap === null ? {} : { softcap: { float: softcap } }),
    },
    'com.microsoft',
    // It fills the outputs that it has: without a past they would be copies for no one.
    past === null ? 1 : 3,
  );
  return {
    mixed: graph.reshape(mixed as Value, [-1, heads * headDim]),
    present: past === null ? null : { key: presentKey as Value, value: presentValue as Value },
  };
}

export function applyPlainAttention(
  graph: Graph,
  { heads, keyValueHeads, headDim, scale, softcap, alibi }: Attention,
  query: Value,
  key: Value,
  value: Value,
  { batchShape, totalLength }: Surroundings,
  { bias, past }: LayerInputs,
  kind: Exclude<AttentionKind, 'fused'>,
): AttentionResult {
  const shared = heads / keyValueHeads;
  const perHead = (x: Value) =>
    graph.op('Transpose', [graph.reshape(x, [0, 0, keyValueHeads, headDim])], { perm: [0, 2, 1, 3] });
  const fresh = { key: perHead(key), value: perHead(value) };
  const parts = keyParts(graph, past, fresh, kind);
  // The queries of heads that share a key lie in one matrix: [B, keyValueHeads, shared · S, headDim].
  const byHead = graph.op('Transpose', [graph.reshape(query, [0, 0, keyValueHeads, shared, headDim])], {
    perm: [0, 2, 3, 1, 4],
  });
  const scaled = graph.op('Mul', [graph.reshape(byHead, [0, 0, -1, headDim]), graph.constant([scale], 'float32')]);
  const products = parts.map((part) =>
    graph.op('MatMul', [scaled, graph.op('Transpose', [part.key], { perm: [0, 1, 3, 2] })]),
  );
  const [first] = products as [Value];
  const joined = products.length === 1 ? first : graph.op('Concat', products, { axis: -1 });
  const capped = softcap === null ? joined : cap(graph, joined, softcap);
  const [batch, length] = graph.node('Split', [batchShape], { axis: 0, num_outputs: 2 }, '', 2) as [Value, Value];
  const grouped = (leading: Value, last: Value) =>
    graph.op('Concat', [leading, graph.constant([keyValueHeads, shared], 'int64'), length, last], { axis: 0 });
  // One mask for all heads, or slopes for each.
  const biasByGroup = alibi
    ? graph.op('Reshape', [bias, grouped(graph.constant([-1], 'int64'), totalLength)])
    : graph.op('Unsqueeze', [bias, graph.constant([2], 'int64')]);
  const scores = graph.op('Add', [graph.op('Reshape', [capped, grouped(batch, totalLength)]), biasByGroup]);
  const shares = graph.op('Softmax', [scores], { axis: -1 });
  const flat = graph.op('Concat', [batch, graph.constant([keyValueHeads, -1], 'int64'), totalLength], { axis: 0 });
  const mixed = mix(graph, graph.op('Reshape', [shares, flat]), parts);
  const outOfHeads = graph.op('Reshape', [mixed, grouped(batch, graph.constant([headDim], 'int64'))]);
  return {
    mixed: graph.reshape(graph.op('Transpose', [outOfHeads], { perm: [0, 3, 1, 2, 4] }), [-1, heads * headDim]),
    present: past === null ? null : kind === 'split' ? fresh : (parts[0] ?? null),
  };
}

/** What the queries are multiplied with, one part after the other. */
function keyParts(graph: Graph, past: KeyAndValue | null, fresh: KeyAndValue, kind: AttentionKind): KeyAndValue[] {
  if (past === null) return [fresh];
  if (kind === 'split') return [past, fresh];
  const join = (part: keyof KeyAndValue) => graph.op('Concat', [past[part], fresh[part]], { axis: 2 });
  return [{ key: join('key'), value: join('value') }];
}

/** Weighted sums of the values of each part, added up. */
function mix(graph: Graph, shares: Value, parts: readonly { readonly value: Value }[]): Value {
  const [first, second] = parts.map(({ value }) => value) as [Value, Value?];
  if (second === undefined) return graph.op('MatMul', [shares, first]);
  const lengths = [first, second].map((value) => graph.op('Shape', [value], { start: 2, end: 3 }));
  const cut = graph.node('Split', [shares, graph.op('Concat', lengths, { axis: 0 })], { axis: -1 }, '', 2) as [
    Value,
    Value,
  ];
  return graph.op('Add', [graph.op('MatMul', [cut[0], first]), graph.op('MatMul', [cut[1], second])]);
}

/** c·tanh(x / c). */
export function cap(graph: Graph, x: Value, softcap: number): Value {
  const inner = graph.op('Div', [x, graph.constant([softcap], 'float32')]);
  return graph.op('Mul', [graph.op('Tanh', [inner]), graph.constant([softcap], 'float32')]);
}
