import { ElementType, type Graph, type Value } from '@shadow-gate/checkpoints/onnx/graph';
import { at, UserError } from '@shadow-gate/platform';
import { type NgramInput, type NgramTable, ngramMultipliers, ngramOffsets } from '../architectures/ngrams.ts';
import { applyLinear, loadIntegers, lookUp } from './linear.ts';
import type { ModelGraph } from './model-graph.ts';
import { groupNorm } from './norm.ts';
import { concat, splitSizes } from './operators.ts';
import { followSequences, gather, type RecurrenceInputs, type StageInputs } from './recurrence.ts';

const { float32, int64 } = ElementType;

/** The least magnitude of a gate. */
const LEAST_GATE = 1e-6;

interface NgramContext {
  /** int64 [B · S]. */
  readonly tokens: Value;
  readonly inputs: RecurrenceInputs;
  /** float32 [B, kernel − 1, channels + 1]: convolution inputs, and tokens + 1 (0: no token). Null without a cache. */
  readonly past: Value | null;
}

/** The streams [B · S, count · hidden] with {@link NgramInput} added, and what later tokens need. */
export function addNgrams(
  graph: ModelGraph,
  ngrams: NgramInput,
  streams: Value,
  { tokens, inputs, past }: NgramContext,
): { readonly streams: Value; readonly present: Value | null } {
  const { channels, kernel } = ngrams.convolution;
  const [pastInputs, pastTokens] = past === null ? [null, null] : splitSizes(graph, past, [channels, 1], 2);
  const known = [graph.op('Add', [tokens, integer(graph, 1)]), integer(graph, 0)];
  const before = pastTokens === null ? [] : [graph.cast(graph.reshape(pastTokens, [-1]), int64)];
  const all = concat(graph, [...before, ...known], 0);
  const rows = lookUpNgrams(graph, ngrams, recentTokens(graph, ngrams, all, inputs));
  const gated = gatedValues(graph, ngrams, streams, rows);
  const count = channels / ngrams.value.output;
  const normed = groupNorm(graph, ngrams.convolutionNorm, count, gated);
  const { mixed, present } = followSequences(
    graph,
    {
      convolution: ngrams.convolution,
      width: channels,
      input: normed,
      beside: [],
      step: ({ convolved }) => ({ output: convolved, state: null }),
      finish: (output) => graph.op('Add', [gated, output]),
    },
    { inputs, past: pastInputs === null ? null : { inputs: pastInputs, state: null } },
  );
  const added = graph.op('Add', [streams, mixed]);
  if (present === null || inputs.after === null) return { streams: added, present: null };
  const kept = graph.reshape(graph.cast(gather(graph, all, inputs.after), float32), [-1, kernel - 1, 1]);
  return { streams: added, present: concat(graph, [present.inputs, kept], 2) };
}

/** The last `size` tokens of each slot, its own first: each [B · S]. @param all tokens + 1, as in `RecurrenceInputs` */
function recentTokens(
  graph: Graph,
  { size, separator, convolution: { kernel } }: NgramInput,
  all: Value,
  { trunk, branches, source }: RecurrenceInputs,
): Value[] {
  const inRows = ({ before, inputs }: StageInputs) =>
    concat(graph, [gather(graph, all, before), gather(graph, all, inputs)], 1);
  const stages = [inRows(trunk), inRows(branches)];
  const shifted = (by: number) => {
    const flat = stages.map((row) => {
      const end = by === 0 ? Number.MAX_SAFE_INTEGER : -by;
      return graph.reshape(graph.slice(row, 1, kernel - 1 - by, end), [-1]);
    });
    const found = gather(graph, concat(graph, flat, 0), source);
    const isNone = graph.op('Equal', [found, integer(graph, 0)]);
    return graph.op('Where', [isNone, integer(graph, separator), graph.op('Sub', [found, integer(graph, 1)])]);
  };
  const recent = [shifted(0)];
  for (let by = 1; by < size; by += 1) {
    const token = shifted(by);
    const isBehind = by === 1 ? null : graph.op('Equal', [at(recent, by - 1), integer(graph, separator)]);
    recent.push(isBehind === null ? token : graph.op('Where', [isBehind, integer(graph, separator), token]));
  }
  return recent;
}

/** The rows of each slot's n-grams side by side: [B · S, heads · width]. */
function lookUpNgrams(graph: ModelGraph, { size, hash, table }: NgramInput, recent: readonly Value[]): Value {
  const { module, sizes } = hash;
  const heads = sizes.length;
  const stored = (name: string, count: number, own: () => Value) => {
    const tensor = `${module}.${name}`;
    return graph.weights.has(tensor)
      ? graph.cast(loadIntegers(graph, graph.weights.integers(tensor, [count])), int64)
      : own();
  };
  const multipliers = stored('layer_multipliers', size, () => bigIntegers(graph, ngramMultipliers(hash, size)));
  const moduli = stored('ngram_heads_vocab_sizes', heads, () => graph.constant(sizes, 'int64'));
  const offsets = stored('ngram_heads_offsets', heads, () => graph.constant(ngramOffsets(hash), 'int64'));
  const products = recent.map((token, i) => graph.op('Mul', [token, gather(graph, multipliers, integer(graph, i))]));
  let mixed = at(products, 0);
  const ofEach = products.slice(1).map((product) => {
    mixed = graph.op('BitwiseXor', [mixed, product]);
    return graph.op('Unsqueeze', [mixed, integer(graph, 1)]);
  });
  const perSize = heads / ofEach.length;
  const sizeOfHead = sizes.map((_, head) => Math.floor(head / perSize));
  const indices = graph.constant(sizeOfHead, 'int64');
  const byHead = graph.op('Gather', [concat(graph, ofEach, 1), indices], { axis: 1 });
  const rows = graph.op('Add', [graph.op('Mod', [byHead, moduli]), offsets]);
  return graph.reshape(lookUpInTable(graph, table, graph.reshape(rows, [-1])), [-1, heads * table.width]);
}

/** Rows [m, width] of a table, possibly stored in shards. */
function lookUpInTable(graph: ModelGraph, { module, rows, width }: NgramTable, indices: Value): Value {
  const shards: { module: string; rows: number }[] = [];
  for (;;) {
    const shard = `${module}.shard_${shards.length}`;
    const shape = graph.weights.shape(`${shard}.weight`);
    if (shape === null) break;
    shards.push({ module: shard, rows: at(shape, 0) });
  }
  if (shards.length === 0) return lookUp(graph, module, indices, [rows, width]);
  const total = shards.reduce((sum, shard) => sum + shard.rows, 0);
  if (total !== rows) {
    throw new UserError(
      `the parts of ${module} have ${total} rows, and its config.json describes ${rows}`,
      'restore the checkpoint, whose config.json and weights do not match',
    );
  }
  let start = 0;
  const found = shards.map((shard) => {
    const [first, end] = [integer(graph, start), integer(graph, start + shard.rows)];
    start += shard.rows;
    const isInside = graph.op('And', [graph.op('GreaterOrEqual', [indices, first]), graph.op('Less', [indices, end])]);
    const places = graph.reshape(graph.op('NonZero', [isInside]), [-1]);
    const own = graph.op('Sub', [gather(graph, indices, places), first]);
    return { places, rows: lookUp(graph, shard.module, own, [shard.rows, width]) };
  });
  const joined = (values: readonly Value[]) => concat(graph, values, 0);
  const places = joined(found.map((item) => item.places));
  const scalar = (value: number) => graph.constant([value], 'int64', []);
  const order = graph.op('Range', [scalar(0), graph.op('Squeeze', [graph.op('Shape', [places])]), scalar(1)]);
  const inverse = graph.op('ScatterElements', [order, places, order], { axis: 0 });
  return gather(graph, joined(found.map((item) => item.rows)), inverse);
}

/** The rows' values for each stream, times that stream's gate: [B · S, count · hidden]. */
function gatedValues(
  graph: ModelGraph,
  { key, value, keyNorm, streamNorm }: NgramInput,
  streams: Value,
  rows: Value,
): Value {
  const [width, hidden] = [key.output, value.output];
  const count = width / hidden;
  const perStream = (flat: Value) => graph.reshape(flat, [-1, count, hidden]);
  const keys = groupNorm(graph, keyNorm, count, applyLinear(graph, key, rows));
  const queries = groupNorm(graph, streamNorm, count, streams);
  const products = perStream(graph.op('Mul', [keys, queries]));
  const sums = graph.op('ReduceSum', [products, integer(graph, -1)], { keepdims: 1 });
  const gates = graph.op('Div', [sums, graph.constant([Math.sqrt(hidden)], 'float32')]);
  const least = graph.op('Max', [graph.op('Abs', [gates]), graph.constant([LEAST_GATE], 'float32')]);
  const rooted = graph.op('Mul', [graph.op('Sqrt', [least]), graph.op('Sign', [gates])]);
  const values = graph.reshape(applyLinear(graph, value, rows), [-1, 1, hidden]);
  return graph.reshape(graph.op('Mul', [graph.op('Sigmoid', [rooted]), values]), [-1, width]);
}

function integer(graph: Graph, value: number): Value {
  return graph.constant([value], 'int64');
}

const HALF = 2n ** 32n;

/** Integers beyond JavaScript's numbers, from their halves. */
function bigIntegers(graph: Graph, values: readonly bigint[]): Value {
  const [high, low] = [values.map((value) => Number(value / HALF)), values.map((value) => Number(value % HALF))];
  const shifted = graph.op('Mul', [graph.constant(high, 'int64'), integer(graph, Number(HALF))]);
  return graph.op('Add', [shifted, graph.constant(low, 'int64')]);
}
