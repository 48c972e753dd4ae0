import type { Graph, Value } from '../../onnx/graph.ts';
import { at } from '../../platform/at.ts';
import type { Attention, Projections } from '../architectures/decoder.ts';
import type { Weights } from '../architectures/weights.ts';
import { applyLinear } from './linear.ts';
import { applyHeadNorm } from './norm.ts';

/** Inputs that all layers share. B sequences of S tokens each, T = P + S with the P tokens before them. */
export interface SharedInputs {
  /** int64 [B, S]. */
  readonly positions: Value;
  /** int64 [2] = [B, S]. */
  readonly batchShape: Value;
  /** int64 [1] = T. */
  readonly totalLength: Value;
  /** int32 [B], T − 1 for every sequence: `seqlens_k` of GroupQueryAttention. */
  readonly seqlensK: Value;
  /** int32 [1] = T: `total_sequence_length` of GroupQueryAttention. */
  readonly totalSequenceLength: Value;
}

/** Inputs that depend on the kind of layer, or on the layer. */
export interface LayerInputs {
  /** Added to the scores: [B, 1 or heads, S, T]. */
  readonly bias: Value;
  /** Cosines and sines by position, each [L, dim / 2]. */
  readonly rope: { readonly cos: Value; readonly sin: Value } | null;
  /**
   * Keys and values of the P tokens before: each [B, keyValueHeads, P, headDim]; null in a graph without a KV cache.
   */
  readonly past: KeyAndValue | null;
}

export interface KeyAndValue {
  readonly key: Value;
  readonly value: Value;
}

/** Queries [B, S, heads · headDim], keys and values [B, S, keyValueHeads · headDim]. */
export interface QueryKeyValue extends KeyAndValue {
  readonly query: Value;
}

export interface AttentionResult {
  /** [B · S, heads · headDim], before the output projection. */
  readonly mixed: Value;
  /** [B, keyValueHeads, T or S, headDim]: see `AttentionKind`. Null without a KV cache. */
  readonly present: KeyAndValue | null;
}

/**
 * How attention is computed, and which keys and values are returned.
 * - `fused`: GroupQueryAttention, which returns those of all T tokens.
 * - `concat`: products and a softmax; those of all T tokens.
 * - `split`: separate products with the past and with the new tokens, so that the past is not copied; those of the S
 *   new tokens.
 */
export type AttentionKind = 'fused' | 'concat' | 'split';

/** Attention of one layer, without the output projection. */
export function applyAttention(
  graph: Graph,
  weights: Weights,
  attention: Attention,
  /** [B · S, hidden]. */
  x: Value,
  { shared, layer, kind }: { readonly shared: SharedInputs; readonly layer: LayerInputs; readonly kind: AttentionKind },
): AttentionResult {
  const { heads, keyValueHeads, headDim, queryNorm, keyNorm } = attention;
  const { query, key, value } = project(graph, weights, attention, x);
  const inRows = (flat: Value, count: number) =>
    graph.op('Reshape', [
      flat,
      graph.op('Concat', [shared.batchShape, graph.constant([count * headDim], 'int64')], { axis: 0 }),
    ]);
  const rotated = (flat: Value, norm: Attention['queryNorm'], count: number) =>
    rotate(graph, attention, inRows(applyHeadNorm(graph, weights, norm, flat, count, headDim), count), {
      heads: count,
      positions: shared.positions,
      tables: layer.rope,
    });
  const projected = {
    query: rotated(query, queryNorm, heads),
    key: rotated(key, keyNorm, keyValueHeads),
    value: inRows(value, keyValueHeads),
  };
  return kind === 'fused'
    ? applyFusedAttention(graph, attention, projected, shared, layer)
    : applyPlainAttention(graph, attention, projected, shared, layer, kind);
}

/** Queries [m, heads · headDim], keys and values [m, keyValueHeads · headDim]. */
function project(graph: Graph, weights: Weights, attention: Attention, x: Value): QueryKeyValue {
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
  fused: Value,
  { heads, keyValueHeads, headDim }: Attention,
): QueryKeyValue {
  const count = split[0] + split[1] + split[2];
  const [query, key, value] = graph.node(
    'Split',
    [graph.reshape(fused, [-1, groups, count, headDim]), graph.constant([...split], 'int64')],
    { outputs: 3, attributes: { axis: 2 } },
  );
  const flat = (part: Value, width: number) => graph.reshape(part, [-1, width * headDim]);
  return { query: flat(query, heads), key: flat(key, keyValueHeads), value: flat(value, keyValueHeads) };
}

/** Rotary positions of x [B, S, heads · headDim]. */
function rotate(
  graph: Graph,
  { rope, headDim }: Attention,
  x: Value,
  {
    heads,
    positions,
    tables,
  }: { readonly heads: number; readonly positions: Value; readonly tables: LayerInputs['rope'] },
): Value {
  if (rope === null || tables === null) return x;
  const partial = rope.dim === headDim ? {} : { rotary_embedding_dim: rope.dim };
  return graph.op(
    'RotaryEmbedding',
    [x, positions, tables.cos, tables.sin],
    { num_heads: heads, ...partial },
    'com.microsoft',
  );
}

export function applyFusedAttention(
  graph: Graph,
  { heads, keyValueHeads, headDim, scale, softcap }: Attention,
  { query, key, value }: QueryKeyValue,
  { seqlensK, totalSequenceLength }: SharedInputs,
  { bias, past }: LayerInputs,
): AttentionResult {
  // Rotary tables and positions are left out: queries and keys are rotated already.
  const rest = [seqlensK, totalSequenceLength, null, null, null, bias];
  const options = {
    attributes: {
      num_heads: heads,
      kv_num_heads: keyValueHeads,
      scale: { float: scale },
      ...(softcap === null ? {} : { softcap: { float: softcap } }),
    },
    domain: 'com.microsoft',
  } as const;
  const flat = (mixed: Value) => graph.reshape(mixed, [-1, heads * headDim]);
  if (past === null) {
    // The operator fills every output that is named: without a KV cache the other two would be copies that nothing
    // reads.
    const [mixed] = graph.node('GroupQueryAttention', [query, key, value, null, null, ...rest], {
      outputs: 1,
      ...options,
    });
    return { mixed: flat(mixed), present: null };
  }
  const [mixed, presentKey, presentValue] = graph.node(
    'GroupQueryAttention',
    [query, key, value, past.key, past.value, ...rest],
    { outputs: 3, ...options },
  );
  return { mixed: flat(mixed), present: { key: presentKey, value: presentValue } };
}

export function applyPlainAttention(
  graph: Graph,
  { heads, keyValueHeads, headDim, scale, softcap, alibi }: Attention,
  { query, key, value }: QueryKeyValue,
  { batchShape, totalLength }: SharedInputs,
  { bias, past }: LayerInputs,
  kind: Exclude<AttentionKind, 'fused'>,
): AttentionResult {
  const headsPerKey = heads / keyValueHeads;
  const perHead = (x: Value) =>
    graph.op('Transpose', [graph.reshape(x, [0, 0, keyValueHeads, headDim])], { perm: [0, 2, 1, 3] });
  const fresh = { key: perHead(key), value: perHead(value) };
  const blocks = keyBlocks(graph, past, fresh, kind);
  // The queries of heads that share a key are rows of one matrix: [B, keyValueHeads, headsPerKey · S, headDim].
  const byHead = graph.op('Transpose', [graph.reshape(query, [0, 0, keyValueHeads, headsPerKey, headDim])], {
    perm: [0, 2, 3, 1, 4],
  });
  const scaled = graph.op('Mul', [graph.reshape(byHead, [0, 0, -1, headDim]), graph.constant([scale], 'float32')]);
  const products = blocks.map((block) =>
    graph.op('MatMul', [scaled, graph.op('Transpose', [block.key], { perm: [0, 1, 3, 2] })]),
  );
  const joined = products.length === 1 ? at(products, 0) : graph.op('Concat', products, { axis: -1 });
  const capped = softcap === null ? joined : softcapped(graph, joined, softcap);
  const [batch, length] = graph.node('Split', [batchShape], { outputs: 2, attributes: { axis: 0, num_outputs: 2 } });
  const grouped = (leading: Value, last: Value) =>
    graph.op('Concat', [leading, graph.constant([keyValueHeads, headsPerKey], 'int64'), length, last], { axis: 0 });
  // One mask for all heads, or slopes for each.
  const biasByGroup = alibi
    ? graph.op('Reshape', [bias, grouped(graph.constant([-1], 'int64'), totalLength)])
    : graph.op('Unsqueeze', [bias, graph.constant([2], 'int64')]);
  const scores = graph.op('Add', [graph.op('Reshape', [capped, grouped(batch, totalLength)]), biasByGroup]);
  const probabilities = graph.op('Softmax', [scores], { axis: -1 });
  const flat = graph.op('Concat', [batch, graph.constant([keyValueHeads, -1], 'int64'), totalLength], { axis: 0 });
  const mixed = mix(graph, graph.op('Reshape', [probabilities, flat]), blocks);
  const outOfHeads = graph.op('Reshape', [mixed, grouped(batch, graph.constant([headDim], 'int64'))]);
  return {
    mixed: graph.reshape(graph.op('Transpose', [outOfHeads], { perm: [0, 3, 1, 2, 4] }), [-1, heads * headDim]),
    present: past === null ? null : kind === 'split' ? fresh : at(blocks, 0),
  };
}

/** The blocks of keys and values that the queries are multiplied with, in the order of the tokens. */
function keyBlocks(graph: Graph, past: KeyAndValue | null, fresh: KeyAndValue, kind: AttentionKind): KeyAndValue[] {
  if (past === null) return [fresh];
  if (kind === 'split') return [past, fresh];
  const join = (side: keyof KeyAndValue) => graph.op('Concat', [past[side], fresh[side]], { axis: 2 });
  return [{ key: join('key'), value: join('value') }];
}

/** The sum over one or two blocks of their values, weighted. */
function mix(graph: Graph, probabilities: Value, blocks: readonly { readonly value: Value }[]): Value {
  const first = at(blocks, 0).value;
  const second = blocks[1]?.value;
  if (second === undefined) return graph.op('MatMul', [probabilities, first]);
  const lengths = [first, second].map((value) => graph.op('Shape', [value], { start: 2, end: 3 }));
  const [ofFirst, ofSecond] = graph.node('Split', [probabilities, graph.op('Concat', lengths, { axis: 0 })], {
    outputs: 2,
    attributes: { axis: -1 },
  });
  return graph.op('Add', [graph.op('MatMul', [ofFirst, first]), graph.op('MatMul', [ofSecond, second])]);
}

/** c·tanh(x / c). */
export function softcapped(graph: Graph, x: Value, softcap: number): Value {
  const inner = graph.op('Div', [x, graph.constant([softcap], 'float32')]);
  return graph.op('Mul', [graph.op('Tanh', [inner]), graph.constant([softcap], 'float32')]);
}
