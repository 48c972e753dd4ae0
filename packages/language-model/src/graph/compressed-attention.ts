import type { Value } from '@shadow-gate/checkpoints/onnx/graph';
import { tensorBlock } from '@shadow-gate/checkpoints/tensors';
import { at } from '@shadow-gate/platform';
import {
  type Compressed,
  type Compressor,
  entryFeatures,
  type Indexer,
  type TokenEntries,
} from '../architectures/compressed.ts';
import type { Attention } from '../architectures/decoder.ts';
import {
  type AttentionKind,
  applyPlainAttention,
  type EntryInputs,
  type LayerAttention,
  type LayerInputs,
  rotate,
  type SharedInputs,
} from './attention.ts';
import { applyLinear, applyWeight, loadFloat32 } from './linear.ts';
import type { ModelGraph } from './model-graph.ts';
import { applyHeadNorm, applyNorm } from './norm.ts';
import { concat, inRows, splitSizes } from './operators.ts';

/** See {@link Compressed}: [B · S, groups · rank], without the output projection. */
export function applyCompressedAttention(
  graph: ModelGraph,
  attention: Attention,
  projections: Compressed,
  /** [B · S, hidden]. */
  x: Value,
  { shared, layer, kind }: { readonly shared: SharedInputs; readonly layer: LayerInputs; readonly kind: AttentionKind },
): LayerAttention {
  const { heads, headDim } = attention;
  if (kind === 'fused' || kind === 'blocks') throw new Error('compressed attention is not fused');
  const turned = (rows: Value, count: number, tables = layer.rope) =>
    rotate(graph, attention, rows, count, shared.positions, tables);
  const { query: low, keyValue, entries, outputGroups } = projections;
  const inner = applyNorm(graph, low.norm, applyLinear(graph, low.down, x));
  const rows = (flat: Value, width: number) => inRows(graph, shared.batchShape, flat, width);
  const normed = (flat: Value, norm: Attention['queryNorm'], count: number) =>
    turned(rows(applyHeadNorm(graph, norm, flat, count, headDim), count * headDim), count);
  const query = normed(applyLinear(graph, low.up, inner), attention.queryNorm, heads);
  const key = normed(applyLinear(graph, keyValue, x), attention.keyNorm, 1);
  const featuresOf = (described: TokenEntries) =>
    entryFeatures(described).map((linear) => applyLinear(graph, linear, x));
  const kept = entries === null ? key : rows(concat(graph, featuresOf(entries)), attention.valueDim);
  const axis = graph.constant([1], 'int64');
  const pastKept = layer.past && graph.op('Squeeze', [layer.past.value, axis]);
  const allKept = pastKept === null ? kept : concat(graph, [pastKept, kept], 1);
  const seen = entries === null ? null : seeEntries(graph, attention, entries, allKept, { x, inner, layer, shared });
  const { mixed, present } = applyPlainAttention(
    graph,
    { ...attention, valueDim: headDim },
    { query, key, value: key },
    shared,
    {
      bias: layer.bias,
      past: layer.past && { key: layer.past.key, value: layer.past.key },
      sinks: attention.sinks === null ? null : loadFloat32(graph, graph.weights.tensor(attention.sinks, [heads])),
      entries: seen && { block: graph.op('Unsqueeze', [seen.entries, axis]), bias: seen.bias },
    },
    kind,
  );
  const back = layer.rope && { cos: layer.rope.cos, sin: graph.op('Neg', [layer.rope.sin]) };
  const restored = graph.reshape(turned(rows(mixed, heads * headDim), heads, back), [-1, heads * headDim]);
  const values = graph.op('Unsqueeze', [kind === 'split' ? kept : allKept, axis]);
  return {
    mixed: inGroups(graph, outputGroups, heads * headDim, restored),
    present: present && { key: present.key, value: values },
    keys: { key, value: key, past: layer.past },
  };
}

interface EntryContext {
  readonly x: Value;
  /** Features from which queries are made, [m, rank]. */
  readonly inner: Value;
  readonly layer: LayerInputs;
  readonly shared: SharedInputs;
}

/** Keys that are also values [B, E, headDim], and their bias [B, 1, S, E]. @param kept [B, T, features] */
function seeEntries(
  graph: ModelGraph,
  attention: Attention,
  described: TokenEntries,
  kept: Value,
  context: EntryContext,
) {
  const { compressor, indexer } = described;
  const { layer } = context;
  const widths = entryFeatures(described).map(({ output }) => output);
  const width = widths.reduce((sum, size) => sum + size, 0);
  const features = splitSizes(graph, graph.reshape(kept, [-1, width]), widths);
  if (layer.entries === null) throw new Error('the windows of compressed attention are missing');
  const inputs = layer.entries;
  const made = (of: Compressor, first: number) => {
    const pair = { value: at(features, first), gate: at(features, first + 1) };
    const averaged = compress(graph, described.windows.rate, of, inputs, pair);
    const size = { rope: attention.rope, headDim: of.size };
    return rotate(graph, size, averaged, 1, inputs.positions, layer.rope);
  };
  const entries = made(compressor, 0);
  if (indexer === null) return { entries, bias: inputs.bias };
  return { entries, bias: chosenEntries(graph, attention, indexer, made(indexer.compressor, 2), context) };
}

/** See {@link Compressor}: [B, E, size], before the rotation. */
function compress(
  graph: ModelGraph,
  rate: number,
  { positionBias, norm, size, value: { output } }: Compressor,
  { own, before }: EntryInputs,
  /** Each [B · T, size], or [B · T, 2 · size] if windows overlap. */
  { value, gate }: { readonly value: Value; readonly gate: Value },
): Value {
  const biases = loadFloat32(graph, graph.weights.tensor(positionBias, [rate, output]));
  const taken = (tokens: Value, columns: (all: Value) => Value) => {
    const gates = graph.op('Gather', [columns(gate), tokens], { axis: 0 });
    return {
      value: graph.op('Gather', [columns(value), tokens], { axis: 0 }),
      gate: graph.op('Add', [gates, columns(biases)]),
    };
  };
  const part = (start: number) => (all: Value) => graph.slice(all, 1, start, start + size);
  const joined = () => {
    if (before === null) return taken(own, (all) => all);
    const [earlier, later] = [taken(before.tokens, part(0)), taken(own, part(size))];
    const join = (first: Value, second: Value) => concat(graph, [first, second], 2);
    return {
      value: join(earlier.value, later.value),
      gate: join(graph.op('Add', [earlier.gate, before.bias]), later.gate),
    };
  };
  const all = joined();
  const weighted = graph.op('Mul', [all.value, graph.op('Softmax', [all.gate], { axis: 2 })]);
  const sum = graph.op('ReduceSum', [weighted, graph.constant([2], 'int64')], { keepdims: 0 });
  return applyNorm(graph, norm, sum);
}

/** See {@link Indexer}: [B, 1, S, E], zero for the chosen entries. @param keys [B, E, size] */
function chosenEntries(
  graph: ModelGraph,
  { rope }: Attention,
  { compressor: { size }, heads, query, weights: layer, most }: Indexer,
  keys: Value,
  { x, inner, layer: inputs, shared }: EntryContext,
): Value {
  if (inputs.entries === null) throw new Error('the windows of compressed attention are missing');
  const { bias } = inputs.entries;
  const rows = (flat: Value, width: number) => inRows(graph, shared.batchShape, flat, width);
  const flat = rows(applyLinear(graph, query, inner), heads * size);
  const queries = rotate(graph, { rope, headDim: size }, flat, heads, shared.positions, inputs.rope);
  const products = graph.op('MatMul', [
    graph.reshape(graph.reshape(queries, [0, 0, heads, size]), [0, -1, size]),
    graph.op('Transpose', [keys], { perm: [0, 2, 1] }),
  ]);
  const byHead = graph.op('Reshape', [
    graph.op('Relu', [products]),
    concat(graph, [shared.batchShape, graph.constant([heads, -1], 'int64')], 0),
  ]);
  const scale = graph.constant([1 / Math.sqrt(size * heads)], 'float32');
  const shares = rows(graph.op('Mul', [applyLinear(graph, layer, x), scale]), heads);
  const weighted = graph.op('Mul', [byHead, graph.op('Unsqueeze', [shares, graph.constant([3], 'int64')])]);
  const scores = graph.op('ReduceSum', [weighted, graph.constant([2], 'int64')], { keepdims: 0 });
  const masked = graph.op('Add', [scores, graph.op('Squeeze', [bias, graph.constant([1], 'int64')])]);
  const count = graph.op('Min', [graph.constant([most], 'int64'), graph.op('Shape', [masked], { start: 2, end: 3 })]);
  const [best, chosen] = graph.node('TopK', [masked, count], { outputs: 2, attributes: { axis: -1 } });
  const zeros = (like: Value) => graph.op('Mul', [like, graph.constant([0], 'float32')]);
  const none = graph.op('Add', [zeros(masked), graph.constant([UNSEEN], 'float32')]);
  const marks = graph.op('ScatterElements', [none, chosen, zeros(best)], { axis: -1 });
  return graph.op('Add', [bias, graph.op('Unsqueeze', [marks, graph.constant([1], 'int64')])]);
}

/** Far below every score, and finite. */
const UNSEEN = -1e30;

/** Parts of x [m, width], each multiplied by its own rows of a tensor: [m, groups · rank]. */
function inGroups(
  graph: ModelGraph,
  { tensor, count, rank }: Compressed['outputGroups'],
  width: number,
  x: Value,
): Value {
  const stored = graph.weights.tensor(tensor, [count * rank, width / count]);
  const parts = graph.node('Split', [x], { outputs: count, attributes: { axis: -1, num_outputs: count } });
  const products = parts.map((part, i) => applyWeight(graph, part, tensorBlock(stored, i, count)));
  return concat(graph, products);
}
