import { ElementType, type Value } from '@shadow-gate/checkpoints/onnx/graph';
import type { PackedValues } from '@shadow-gate/checkpoints/tensors';
import type { ModelGraph } from './model-graph.ts';
import { concat } from './operators.ts';

/**
 * Products with matrices of whole numbers with scales, as exact as with the matrix in float32: nothing is rounded to
 * fewer bits. Figures: decisions/029-packed-weights.md.
 */

export interface PackedProduct {
  /** [m, columns]. */
  readonly x: Value;
  readonly packed: PackedValues;
  readonly shape: readonly [rows: number, columns: number];
  /** [rows]. */
  readonly bias: Value | null;
}

/** From so many rows of x on, expanding 8 bits to float32 for each product takes less time than 4 bits twice. */
export const ROWS_EXPANDED = 112;

/** x times the matrix transposed, plus a bias: [m, rows]. */
export function multiplyPacked(graph: ModelGraph, product: PackedProduct): Value {
  const { x, packed, shape } = product;
  const { bits, block, offsets } = packed;
  if (bits === 4) {
    const whole = multiplyNibbles(graph, product, { x, columns: shape[1], block });
    return offsets === null ? whole : addBlockSums(graph, product, { factors: offsets, to: whole });
  }
  const rows = graph.op('Shape', [x], { start: 0, end: 1 });
  const isMany = graph.op('GreaterOrEqual', [rows, graph.constant([ROWS_EXPANDED], 'int64')]);
  const whole = graph.choose(
    isMany,
    () => multiplyExpandedBytes(graph, product),
    () => multiplyBytes(graph, product),
  );
  return offsets === null ? whole : addBlockSums(graph, product, { factors: offsets, to: whole });
}

/** The `accuracy_level` of MatMulNBits that rounds nothing to fewer bits. */
const FLOAT32_PRODUCTS = 1;

/** MatMulNBits subtracts 8 from each code. */
function multiplyNibbles(
  graph: ModelGraph,
  { packed: { codes, scales }, shape, bias }: PackedProduct,
  { x, columns, block }: { readonly x: Value; readonly columns: number; readonly block: number },
): Value {
  const attributes = { N: shape[0], K: columns, bits: 4, block_size: block, accuracy_level: FLOAT32_PRODUCTS };
  const inputs = bias === null ? [x, codes, scales] : [x, codes, scales, null, null, bias];
  return graph.op('MatMulNBits', inputs, attributes, 'com.microsoft');
}

/**
 * Bytes as pairs of nibbles, for x and 16 · x in turns: 8 bits at a time are a tenth as fast. Each byte becomes its
 * code less 8 and 16 · 8, and 128 is to be subtracted: the rest is added by blocks.
 */
export function multiplyBytes(graph: ModelGraph, product: PackedProduct): Value {
  const { x, packed, shape } = product;
  const [, columns] = shape;
  const high = graph.op('Mul', [x, graph.constant([16], 'float32', [])]);
  const both = concat(
    graph,
    [x, high].map((value) => graph.reshape(value, [-1, columns, 1])),
    2,
  );
  const inTurns = { x: graph.reshape(both, [-1, 2 * columns]), columns: 2 * columns, block: 2 * packed.block };
  const to = multiplyNibbles(graph, product, inTurns);
  return addBlockSums(graph, product, { factors: packed.scales, times: 8, to });
}

/** Expanded for this product alone, some rows after the others. */
export function multiplyExpandedBytes(graph: ModelGraph, { x, packed, shape, bias }: PackedProduct): Value {
  const [rows, columns] = shape;
  const { block, codes, scales } = packed;
  const blocks = columns / block;
  const bytes = Math.min(CACHED_BYTES, graph.weights.mostExpanded);
  const most = Math.max(1, Math.floor(bytes / FLOAT_BYTES / columns));
  const step = Math.ceil(rows / Math.ceil(rows / most));
  const products: Value[] = [];
  for (let start = 0; start < rows; start += step) {
    const end = Math.min(rows, start + step);
    const part = (value: Value, width: number) => {
      const whole = graph.unfolded(value, [rows, blocks, width], products.at(-1) ?? x, step * columns);
      return step === rows ? whole : graph.slice(whole, 0, start, end);
    };
    const numbers = graph.cast(part(codes, block), ElementType.float32);
    const centered = graph.op('Sub', [numbers, graph.constant([128], 'float32')]);
    const matrix = graph.reshape(graph.op('Mul', [centered, part(scales, 1)]), [-1, columns]);
    products.push(graph.op('Gemm', [x, matrix], { transB: 1 }));
  }
  const whole = concat(graph, products, 1);
  return bias === null ? whole : graph.op('Add', [whole, bias]);
}

const FLOAT_BYTES = 4;

/** In float32: while it stays in a processor's cache, expanding takes a third of the time. */
const CACHED_BYTES = 2 ** 23;

/** Add what all numbers of a block have in common, times the sum of what they are multiplied by. */
function addBlockSums(
  graph: ModelGraph,
  { x, packed: { block }, shape: [, columns] }: PackedProduct,
  { factors, times = 1, to }: { readonly factors: Value; readonly times?: number; readonly to: Value },
): Value {
  const axis = graph.constant([2], 'int64');
  const sums = graph.op('ReduceSum', [graph.reshape(x, [-1, columns / block, block]), axis], { keepdims: 0 });
  return graph.op('Gemm', [sums, factors, to], { transB: 1, alpha: { float: times } });
}
