import { ElementType, type Graph, type Value } from '@shadow-gate/checkpoints/onnx/graph';
import { at } from '@shadow-gate/platform';
import { type Decoder, outputSize } from '../architectures/decoder.ts';
import type { Weights } from '../architectures/weights.ts';
import { LOGIT_FACTORS, MOST_PREDICTED } from '../engine.ts';
import {
  asColumns,
  blockTotals,
  canSliceHead,
  HEAD,
  type HeadSlice,
  headInputs,
  headLogits,
  LOGIT_BLOCK,
  type MostLikely,
  mostLikely,
  outputMatrix,
  outputPredicted,
  reduceLogSumExp,
  scaledLogits,
} from './head.ts';
import { staysStored } from './linear.ts';
import { ModelGraph } from './model-graph.ts';
import { concat, largest } from './operators.ts';

const { float32, int64 } = ElementType;

/** Most tokens in a slice: 512 rows of their logits take 16 MiB. */
const SLICE = 8 * LOGIT_BLOCK;

const FLOAT_BYTES = 4;

/**
 * The slices of an output matrix that stays in 16 bits; null if it is multiplied as a whole. Only products with
 * expanded matrices run one after the other: otherwise the logits of all slices would be in memory together.
 */
export function headSlices(decoder: Decoder, weights: Weights): HeadSlice[] | null {
  const { vocabulary } = decoder;
  const most = Math.floor(weights.mostExpanded / (outputSize(decoder) * FLOAT_BYTES * LOGIT_BLOCK)) * LOGIT_BLOCK;
  const size = Math.max(LOGIT_BLOCK, Math.min(SLICE, most));
  const isExpanded = canSliceHead(decoder, weights) && staysStored(weights, outputMatrix(decoder, weights));
  if (vocabulary <= size || !isExpanded) return null;
  return Array.from({ length: Math.ceil(vocabulary / size) }, (_, i) => ({
    start: i * size,
    end: Math.min(vocabulary, (i + 1) * size),
  }));
}

/**
 * The output matrix by slices of the vocabulary, one after the other: a slice is expanded once for all rows, and a
 * row's logits are never all in memory. Inputs and outputs equal those of `buildHead`, to the last bit, but there are
 * no logits.
 */
export function buildSlicedHead(decoder: Decoder, weights: Weights, slices: readonly HeadSlice[]): Graph {
  const graph = new ModelGraph(weights);
  const { hidden, targets, scaledRows, predictedRows } = headInputs(graph, decoder);
  const column = (index: number) => graph.op('Gather', [targets, graph.constant([index], 'int64')], { axis: 1 });
  const wanted: Wanted = { rows: column(0), tokens: column(1), scaledRows, predictedRows };
  const parts = slices.map((slice) => {
    const part = partOf(graph, headLogits(graph, decoder, slice, hidden), slice, wanted);
    graph.expandAfter([part.totals, part.most, part.chosen, ...part.scaled, part.predicted.logits]);
    return part;
  });
  const beside = (values: readonly Value[]) => concat(graph, values, 1);
  const total = reduceLogSumExp(graph, beside(parts.map(({ totals }) => totals)));
  const place = graph.op('ArgMax', [beside(parts.map(({ most }) => most))], { axis: -1 });
  const best = graph.op('GatherElements', [beside(parts.map((part) => part.best)), place], { axis: 1 });
  const ofRows = graph.op('Gather', [total, graph.reshape(wanted.rows, [-1])], { axis: 0 });
  const chosen = graph.sum(parts.map((part) => part.chosen));
  graph.output(HEAD.logprobs, graph.op('Sub', [chosen, ofRows]), float32);
  graph.output(HEAD.total, total, float32);
  graph.output(HEAD.best, graph.reshape(best, [-1]), int64);
  const scaled = LOGIT_FACTORS.map((_, i) => reduceLogSumExp(graph, beside(parts.map((part) => at(part.scaled, i)))));
  graph.output(HEAD.scaledTotals, asColumns(graph, scaled), float32);
  outputPredicted(graph, mostOfAll(graph, decoder, parts));
  return graph;
}

function mostOfAll(graph: Graph, { vocabulary }: Decoder, parts: readonly Part[]): MostLikely {
  const beside = (key: keyof MostLikely) => {
    const values = parts.map(({ predicted }) => predicted[key]);
    return concat(graph, values, 1);
  };
  const [logits, places] = largest(graph, beside('logits'), Math.min(MOST_PREDICTED, vocabulary));
  return { logits, tokens: graph.op('GatherElements', [beside('tokens'), places], { axis: 1 }) };
}

interface Wanted {
  /** Row and token of each target, int64 [Q, 1]. */
  readonly rows: Value;
  readonly tokens: Value;
  /** int64 [P]. */
  readonly scaledRows: Value;
  /** int64 [T]. */
  readonly predictedRows: Value;
}

interface Part {
  /** Logarithms of sums of exponentials: [R, blocks]. */
  readonly totals: Value;
  /** The largest logit and its token: [R, 1]. */
  readonly most: Value;
  readonly best: Value;
  /** Logits of the targets in this slice, zero for other targets: [Q]. */
  readonly chosen: Value;
  /** Totals of scaled logits for each of LOGIT_FACTORS: [P, blocks]. */
  readonly scaled: readonly Value[];
  /** Tokens numbered as in the whole vocabulary. */
  readonly predicted: MostLikely;
}

function partOf(graph: Graph, logits: Value, { start, end }: HeadSlice, wanted: Wanted): Part {
  const { rows, tokens, scaledRows, predictedRows } = wanted;
  const number = (value: number) => graph.constant([value], 'int64');
  const place = graph.op('ArgMax', [logits], { axis: -1 });
  const local = graph.op('Sub', [tokens, number(start)]);
  const nearest = graph.op('Min', [graph.op('Max', [local, number(0)]), number(end - start - 1)]);
  const found = graph.op('GatherND', [logits, concat(graph, [rows, nearest], 1)]);
  const predicted = mostLikely(graph, logits, predictedRows, end - start);
  const isHere = graph.reshape(graph.op('Equal', [local, nearest]), [-1]);
  return {
    totals: blockTotals(graph, logits, end - start),
    most: graph.op('GatherElements', [logits, place], { axis: 1 }),
    best: graph.op('Add', [place, number(start)]),
    chosen: graph.op('Where', [isHere, found, graph.constant([0], 'float32')]),
    scaled: scaledLogits(graph, logits, scaledRows).map((own) => blockTotals(graph, own, end - start)),
    predicted: { logits: predicted.logits, tokens: graph.op('Add', [predicted.tokens, number(start)]) },
  };
}

/** Logits per row in memory at a time. */
export function logitsAtOnce(decoder: Decoder, slices: readonly HeadSlice[] | null): number {
  return slices === null ? decoder.vocabulary : at(slices, 0).end;
}
