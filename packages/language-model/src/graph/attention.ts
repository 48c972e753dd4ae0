import { ElementType, type Graph, type Value } from '@shadow-gate/checkpoints/onnx/graph';
import { at } from '@shadow-gate/platform';
import type { Attention } from '../architectures/decoder.ts';
import { loadFloat32 } from './linear.ts';
import type { ModelGraph } from './model-graph.ts';
import { applyHeadNorm } from './norm.ts';
import { concat, halve, inRows, splitSizes } from './operators.ts';
import { type KeyAndValue, project, type QueryKeyValue } from './projections.ts';

/** Inputs that all layers share (see `BACKBONE`), for B sequences of S tokens after P others, T = P + S. */
export interface SharedInputs {
  readonly positions: Value;
  /** int64 [2] = [B, S]. */
  readonly batchShape: Value;
  /** int64 [1] = T. */
  readonly totalLength: Value;
  readonly seqlensK: Value;
  readonly totalSequenceLength: Value;
}

export interface LayerKeys extends KeyAndValue {
  readonly past: KeyAndValue | null;
}

export interface LayerInputs {
  /** Added to the scores: [B, 1 or heads, S, T]. */
  readonly bias: Value;
  /** Cosines and sines by position, each [L, dim / 2]. */
  readonly rope: { readonly cos: Value; readonly sin: Value } | null;
  /** Keys and values of the P tokens before, each [B, keyValueHeads, P, headDim]; null without a KV cache. */
  readonly past: KeyAndValue | null;
  /** The other layer's; null for a layer with keys and values of its own. */
  readonly sharedKeys: LayerKeys | null;
  /** Null for a layer without entries: see `Compressed`. */
  readonly entries: EntryInputs | null;
}

/** Inputs shared by layers with windows of one kind, for E entries per sequence; some can be empty. */
export interface EntryInputs {
  /** int64 [B, E, rate]: the tokens of each window, among the B · T of all sequences, KV cache included. */
  readonly own: Value;
  /** The previous window's tokens, and a bias [B, E, 1, 1], very negative if there are none. Null without overlap. */
  readonly before: { readonly tokens: Value; readonly bias: Value } | null;
  /** int64 [B, E]: position of the first token of the window. */
  readonly positions: Value;
  /** float32 [B, 1, S, E]: zero for the entries that a slot can see, and far below every score for others. */
  readonly bias: Value;
}

export interface MixInputs extends Pick<LayerInputs, 'bias' | 'past'> {
  /** float32 [heads], or null. */
  readonly sinks: Value | null;
  /** Keys that are also values, [B, keyValueHeads, E, headDim], and what is added to their scores, [B, 1, S, E]. */
  readonly entries?: { readonly block: Value; readonly bias: Value } | null;
}

interface AttentionResult {
  /** [B · S, heads · headDim], before the output projection. */
  readonly mixed: Value;
  /** [B, keyValueHeads, T or S, headDim]: see `AttentionKind`. Null without a KV cache. */
  readonly present: KeyAndValue | null;
}

export interface LayerAttention extends AttentionResult {
  readonly keys: LayerKeys;
}

/**
 * How attention is computed, and the keys and values that it returns.
 * - `fused`: GroupQueryAttention; of all T tokens.
 * - `blocks`: fused, but long sequences in blocks of queries; none: see `applyBlockedAttention`.
 * - `concat`: products and a softmax; of all T tokens.
 * - `split`: products with past and new tokens apart, which copies no past; of the S new tokens.
 */
export type AttentionKind = 'fused' | 'blocks' | 'concat' | 'split';

/** Attention of one layer, without the output projection. */
export function applyAttention(
  graph: ModelGraph,
  attention: Attention,
  /** [B · S, hidden]. */
  x: Value,
  { shared, layer, kind }: { readonly shared: SharedInputs; readonly layer: LayerInputs; readonly kind: AttentionKind },
): LayerAttention {
  const { heads, keyValueHeads, headDim, valueDim, queryNorm, keyNorm, valueNorm, forLonger = [] } = attention;
  for (const { tensor, shape } of forLonger) graph.weights.table(tensor, shape);
  const { query, own, gate } = project(graph, attention, x);
  const rows = (flat: Value, width: number) => inRows(graph, shared.batchShape, flat, width);
  const rotated = (flat: Value, norm: Attention['queryNorm'], count: number) => {
    const isBefore = attention.headNorms === 'before rope';
    const width = count * headDim;
    const normed = clipped(graph, attention, isBefore ? applyHeadNorm(graph, norm, flat, count, headDim) : flat);
    const turned = rotate(graph, attention, rows(normed, width), count, shared.positions, layer.rope);
    if (isBefore || norm === null) return turned;
    return rows(applyHeadNorm(graph, norm, graph.reshape(turned, [-1, width]), count, headDim), width);
  };
  const finished = ({ key, value }: KeyAndValue): LayerKeys => {
    const values = clipped(graph, attention, applyHeadNorm(graph, valueNorm, value, keyValueHeads, valueDim));
    return {
      key: rotated(key, keyNorm, keyValueHeads),
      value: rows(values, keyValueHeads * valueDim),
      past: layer.past,
    };
  };
  const queries = tempered(graph, attention, rotated(query, queryNorm, heads), shared.positions);
  const keys = own === null ? layer.sharedKeys : finished(own);
  if (keys === null) throw new Error('the keys and values of the other layer are missing');
  const projected = { query: queries, key: keys.key, value: keys.value };
  const sinks = attention.sinks === null ? null : loadFloat32(graph, graph.weights.tensor(attention.sinks, [heads]));
  const inputs = { bias: layer.bias, past: keys.past, sinks };
  const { mixed, present } = mixTokens(graph, attention, projected, shared, inputs, kind);
  return {
    mixed: gate === null ? mixed : gatedOutput(graph, attention, mixed, graph.op('Sigmoid', [gate])),
    present: own === null ? null : present,
    keys,
  };
}

export function mixTokens(
  graph: Graph,
  attention: Attention,
  projected: QueryKeyValue,
  shared: SharedInputs,
  inputs: MixInputs,
  kind: AttentionKind,
): AttentionResult {
  if (kind === 'fused') return applyFusedAttention(graph, attention, projected, shared, inputs);
  if (kind === 'blocks') return applyBlockedAttention(graph, attention, projected, shared, inputs);
  return applyPlainAttention(graph, attention, projected, shared, inputs, kind);
}

function clipped(graph: Graph, { clip }: Attention, x: Value): Value {
  if (clip === undefined) return x;
  const limits = [-clip, clip].map((limit) => graph.constant([limit], 'float32', []));
  return graph.op('Clip', [x, ...limits]);
}

/** See `outputGate`: [m, heads · valueDim], with a factor for each feature or for each head. */
function gatedOutput(graph: Graph, { heads, valueDim, outputGate }: Attention, mixed: Value, factors: Value): Value {
  if (outputGate === 'query' || outputGate?.output === heads * valueDim) return graph.op('Mul', [mixed, factors]);
  const byHead = graph.reshape(mixed, [-1, heads, valueDim]);
  return graph.reshape(graph.op('Mul', [byHead, graph.reshape(factors, [-1, heads, 1])]), [-1, heads * valueDim]);
}

/** See {@link Temperature}: queries [B, S, heads · headDim]. */
function tempered(graph: Graph, { temperature }: Attention, query: Value, positions: Value): Value {
  if (temperature === null) return query;
  const { scale, length, offset } = temperature;
  const constant = (value: number) => graph.constant([value], 'float32');
  const counted = graph.op('Add', [graph.cast(positions, ElementType.float32), constant(offset)]);
  const times = graph.op('Floor', [graph.op('Div', [counted, constant(length)])]);
  const log = graph.op('Log', [graph.op('Add', [times, constant(1)])]);
  const factor = graph.op('Add', [graph.op('Mul', [log, constant(scale)]), constant(1)]);
  return graph.op('Mul', [query, graph.op('Unsqueeze', [factor, graph.constant([2], 'int64')])]);
}

/** Rotary positions of x [B, S, heads · headDim]. */
export function rotate(
  graph: Graph,
  { rope, headDim }: Pick<Attention, 'rope' | 'headDim'>,
  x: Value,
  heads: number,
  positions: Value,
  tables: LayerInputs['rope'],
): Value {
  if (rope === null || tables === null) return x;
  const { dim } = rope;
  if (rope.isLast && dim < headDim) {
    const [kept, last] = splitSizes(graph, graph.reshape(x, [0, 0, heads, headDim]), [headDim - dim, dim]);
    const flat = graph.reshape(last, [0, 0, heads * dim]);
    const turned = rotate(graph, { rope, headDim: dim }, flat, heads, positions, tables);
    const joined = concat(graph, [kept, graph.reshape(turned, [0, 0, heads, dim])]);
    return graph.reshape(joined, [0, 0, heads * headDim]);
  }
  const partial = dim === headDim ? {} : { rotary_embedding_dim: dim };
  return graph.op(
    'RotaryEmbedding',
    [x, positions, tables.cos, tables.sin],
    { num_heads: heads, interleaved: rope.interleaved ? 1 : 0, ...partial },
    'com.microsoft',
  );
}

function applyFusedAttention(
  graph: Graph,
  { heads, keyValueHeads, headDim, scale, softcap }: Attention,
  { query, key, value }: QueryKeyValue,
  { seqlensK, totalSequenceLength }: SharedInputs,
  { bias, past, sinks }: MixInputs,
): AttentionResult {
  // Rotary tables and positions are null: queries and keys are rotated already.
  const rest = [seqlensK, totalSequenceLength, null, null, null, bias, ...(sinks === null ? [] : [sinks])];
  const options = {
    attributes: {
      num_heads: heads,
      kv_num_heads: keyValueHeads,
      scale: { float: scale },
      ...(softcap === null ? {} : { softcap: { float: softcap } }),
    },
    domain: 'com.microsoft',
  } as const;
  const run = <const O extends 1 | 3>(outputs: O, keys: readonly (Value | null)[]) =>
    graph.node('GroupQueryAttention', [query, key, value, ...keys, ...rest], { outputs, ...options });
  const flat = (mixed: Value) => graph.reshape(mixed, [-1, heads * headDim]);
  // The operator fills every named output: without a KV cache the other two would be copies that nothing reads.
  if (past === null) return { mixed: flat(run(1, [null, null])[0]), present: null };
  const [mixed, presentKey, presentValue] = run(3, [past.key, past.value]);
  return { mixed: flat(mixed), present: { key: presentKey, value: presentValue } };
}

/** Queries per block. */
const BLOCK = 128;

/** The fused operator is as fast up to this sequence length. */
const UNDIVIDED = 768;

/**
 * For runs without a KV cache in which no slot sees a later one. The fused operator computes the scores of all pairs;
 * in a long sequence, each block of queries takes only the keys up to its own end.
 */
function applyBlockedAttention(
  graph: Graph,
  attention: Attention,
  projected: QueryKeyValue,
  shared: SharedInputs,
  inputs: MixInputs,
): AttentionResult {
  if (inputs.past !== null) throw new Error('blocks have no KV cache');
  const width = attention.heads * attention.valueDim;
  const int64 = (...values: number[]) => graph.constant(values, 'int64');
  const [batch, length] = halve(graph, shared.batchShape, 0);
  const blockOf = (keys: KeyAndValue) => (index: Value) => {
    const start = graph.op('Mul', [index, int64(BLOCK)]);
    const end = graph.op('Min', [graph.op('Add', [start, int64(BLOCK)]), length]);
    const upToEnd = (value: Value) => graph.op('Slice', [value, int64(0), end, int64(2)]);
    const batchShape = concat(graph, [batch, graph.op('Sub', [end, start])], 0);
    const corner = concat(graph, [start, int64(0)], 0);
    const bias = graph.op('Slice', [inputs.bias, corner, concat(graph, [end, end], 0), int64(2, 3)]);
    const mixed = attend(
      graph,
      attention,
      graph.op('Slice', [projected.query, start, end, int64(1)]),
      [{ key: upToEnd(keys.key), value: upToEnd(keys.value) }],
      { batchShape, totalLength: end },
      { ...inputs, bias },
    );
    return graph.op('Reshape', [mixed, concat(graph, [batchShape, int64(width)], 0)]);
  };
  const inBlocks = () => {
    const count = graph.op('Div', [graph.op('Add', [length, int64(BLOCK - 1)]), int64(BLOCK)]);
    const blocks = graph.joinBlocks(graph.reshape(count, []), 1, blockOf(keysByHead(graph, attention, projected)));
    return graph.reshape(blocks, [-1, width]);
  };
  const isLong = graph.op('Greater', [length, int64(UNDIVIDED)]);
  const fused = () => applyFusedAttention(graph, attention, projected, shared, inputs).mixed;
  return { mixed: graph.choose(isLong, inBlocks, fused), present: null };
}

export function applyPlainAttention(
  graph: Graph,
  attention: Attention,
  { query, key, value }: QueryKeyValue,
  shared: Pick<SharedInputs, 'batchShape' | 'totalLength'>,
  inputs: MixInputs,
  kind: 'concat' | 'split',
): AttentionResult {
  const { past } = inputs;
  const fresh = keysByHead(graph, attention, { key, value });
  const blocks = keyBlocks(graph, past, fresh, kind);
  return {
    mixed: attend(graph, attention, query, blocks, shared, inputs),
    present: past === null ? null : kind === 'split' ? fresh : at(blocks, 0),
  };
}

/** [B, S, keyValueHeads · size] as [B, keyValueHeads, S, size]. */
function keysByHead(
  graph: Graph,
  { keyValueHeads, headDim, valueDim }: Attention,
  { key, value }: KeyAndValue,
): KeyAndValue {
  const byHead = (x: Value, size: number) =>
    graph.op('Transpose', [graph.reshape(x, [0, 0, keyValueHeads, size])], { perm: [0, 2, 1, 3] });
  return { key: byHead(key, headDim), value: byHead(value, valueDim) };
}

/** Queries [B, S, heads · headDim] attend to blocks of keys and values: [B · S, heads · valueDim]. */
function attend(
  graph: Graph,
  { heads, keyValueHeads, headDim, valueDim, scale, softcap, alibi }: Attention,
  query: Value,
  ofTokens: readonly KeyAndValue[],
  { batchShape, totalLength: tokenCount }: Pick<SharedInputs, 'batchShape' | 'totalLength'>,
  { bias: tokenBias, sinks, entries = null }: Omit<MixInputs, 'past'>,
): Value {
  const headsPerKey = heads / keyValueHeads;
  const blocks = entries === null ? ofTokens : [...ofTokens, { key: entries.block, value: entries.block }];
  // The queries of heads that share a key are rows of one matrix: [B, keyValueHeads, headsPerKey · S, headDim].
  const byHead = graph.op('Transpose', [graph.reshape(query, [0, 0, keyValueHeads, headsPerKey, headDim])], {
    perm: [0, 2, 3, 1, 4],
  });
  const scaled = graph.op('Mul', [graph.reshape(byHead, [0, 0, -1, headDim]), graph.constant([scale], 'float32')]);
  const products = blocks.map((block) =>
    graph.op('MatMul', [scaled, graph.op('Transpose', [block.key], { perm: [0, 1, 3, 2] })]),
  );
  const joined = products.length === 1 ? at(products, 0) : concat(graph, products);
  const totalLength = entries === null ? tokenCount : graph.op('Shape', [joined], { start: 3, end: 4 });
  const bias = entries === null ? tokenBias : withEntryBias(graph, tokenBias, entries.bias);
  const capped = softcap === null ? joined : softcapped(graph, joined, softcap);
  const [batch, length] = halve(graph, batchShape, 0);
  const grouped = (leading: Value, last: Value) =>
    concat(graph, [leading, graph.constant([keyValueHeads, headsPerKey], 'int64'), length, last], 0);
  // One mask for all heads, or slopes for each.
  const biasByGroup = alibi
    ? graph.op('Reshape', [bias, grouped(graph.constant([-1], 'int64'), totalLength)])
    : graph.op('Unsqueeze', [bias, graph.constant([2], 'int64')]);
  const scores = graph.op('Add', [graph.op('Reshape', [capped, grouped(batch, totalLength)]), biasByGroup]);
  const probabilities =
    sinks === null ? graph.op('Softmax', [scores], { axis: -1 }) : softmaxWithSinks(graph, scores, sinks);
  const flat = concat(graph, [batch, graph.constant([keyValueHeads, -1], 'int64'), totalLength], 0);
  const mixed = mix(graph, graph.op('Reshape', [probabilities, flat]), blocks);
  const outOfHeads = graph.op('Reshape', [mixed, grouped(batch, graph.constant([valueDim], 'int64'))]);
  return graph.reshape(graph.op('Transpose', [outOfHeads], { perm: [0, 3, 1, 2, 4] }), [-1, heads * valueDim]);
}

/** [B or 1, 1, S, T] and [B, 1, S, E] side by side. */
function withEntryBias(graph: Graph, bias: Value, entryBias: Value): Value {
  const one = graph.constant([1, 1, 1], 'int64');
  const batch = graph.op('Shape', [entryBias], { start: 0, end: 1 });
  const expanded = graph.op('Expand', [bias, concat(graph, [batch, one], 0)]);
  return concat(graph, [expanded, entryBias], 3);
}

function keyBlocks(graph: Graph, past: KeyAndValue | null, fresh: KeyAndValue, kind: AttentionKind): KeyAndValue[] {
  if (past === null) return [fresh];
  if (kind === 'split') return [past, fresh];
  const join = (side: keyof KeyAndValue) => concat(graph, [past[side], fresh[side]], 2);
  return [{ key: join('key'), value: join('value') }];
}

function mix(graph: Graph, probabilities: Value, blocks: readonly { readonly value: Value }[]): Value {
  const values = blocks.map(({ value }) => value);
  if (values.length === 1) return graph.op('MatMul', [probabilities, at(values, 0)]);
  const lengths = values.map((value) => graph.op('Shape', [value], { start: 2, end: 3 }));
  const parts = graph.node('Split', [probabilities, concat(graph, lengths, 0)], {
    outputs: values.length,
    attributes: { axis: -1 },
  });
  return graph.sum(values.map((value, i) => graph.op('MatMul', [at(parts, i), value])));
}

/** Probabilities of scores [B, keyValueHeads, heads per key, S, T], with each head's sink in the denominator alone. */
function softmaxWithSinks(graph: Graph, scores: Value, sinks: Value): Value {
  const [one, last] = [graph.constant([1], 'int64'), graph.constant([-1], 'int64')];
  const zeros = graph.op('Mul', [
    graph.op('Slice', [scores, graph.constant([0], 'int64'), one, last]),
    graph.constant([0], 'float32'),
  ]);
  const shape = graph.op('Shape', [scores], { start: 1, end: 3 });
  const perHead = graph.op('Reshape', [sinks, concat(graph, [one, shape, one, one], 0)]);
  const all = concat(graph, [scores, graph.op('Add', [zeros, perHead])]);
  const probabilities = graph.op('Softmax', [all], { axis: -1 });
  return graph.op('Slice', [probabilities, graph.constant([0], 'int64'), last, last]);
}

/** c·tanh(x / c). */
export function softcapped(graph: Graph, x: Value, softcap: number): Value {
  const inner = graph.op('Div', [x, graph.constant([softcap], 'float32')]);
  return graph.op('Mul', [graph.op('Tanh', [inner]), graph.constant([softcap], 'float32')]);
}
