import type { LoraModule } from '@shadow-gate/checkpoints/adapter';
import { ElementType, type Graph, type Value } from '@shadow-gate/checkpoints/onnx/graph';
import {
  bitsValue,
  packedValues,
  preparedValue,
  type TensorEntry,
  tensorRows,
  valueType,
} from '@shadow-gate/checkpoints/tensors';
import { at } from '@shadow-gate/platform';
import type { Linear } from '../architectures/decoder.ts';
import type { Weights } from '../architectures/weights.ts';
import type { ModelGraph } from './model-graph.ts';
import { concat } from './operators.ts';
import { multiplyPacked } from './packed-product.ts';

const { float32 } = ElementType;

const FLOAT_BYTES = 4;

/** A stored tensor in float32. onnxruntime converts it once, when it creates the session. */
export function loadFloat32(graph: Graph, entry: TensorEntry, dims: readonly number[] = entry.shape): Value {
  const value = preparedValue(graph, entry, dims);
  return valueType(entry) === float32 ? value : graph.cast(value, float32);
}

export function loadIntegers(graph: Graph, entry: TensorEntry): Value {
  return bitsValue(graph, entry, entry.dtype === 'I32' ? ElementType.int32 : ElementType.int64);
}

/** Does the session hold this matrix in 16 bits, as stored? */
export function staysStored({ held }: Pick<Weights, 'held'>, entry: TensorEntry): boolean {
  const type = valueType(entry);
  return held === 'as-stored' && (type === ElementType.float16 || type === ElementType.bfloat16);
}

/**
 * x [m, input] times a stored matrix, [output, input] or (`transB: 0`) [input, output], plus a bias. A 16-bit matrix
 * that stays 16-bit is expanded for this product alone. Results are the same: every 16-bit number is a float32.
 */
export function applyWeight(
  graph: ModelGraph,
  x: Value,
  entry: TensorEntry,
  { transB = 1, bias = null }: { readonly transB?: 0 | 1; readonly bias?: Value | null } = {},
): Value {
  const packed = transB === 1 ? graph.weights.inMemory.packed(entry) : null;
  if (packed !== null) {
    const shape = [at(entry.shape, 0), at(entry.shape, 1)] as const;
    return multiplyPacked(graph, { x, packed: packedValues(graph, entry, packed), shape, bias });
  }
  const product = (matrix: Value) => graph.op('Gemm', bias === null ? [x, matrix] : [x, matrix, bias], { transB });
  if (!staysStored(graph.weights, entry)) return product(loadFloat32(graph, entry));
  const type = valueType(entry);
  const expanded = (part: TensorEntry) => graph.multiplyExpanded(bitsValue(graph, part, type), part.shape, x, product);
  const parts = transB === 1 && bias === null ? rowBlocks(entry, graph.weights.mostExpanded) : [entry];
  const products = parts.map(expanded);
  return products.length === 1 ? at(products, 0) : concat(graph, products, 1);
}

/** Split a matrix into blocks of rows of at most `most` float32 bytes, or of one row. Later ones reuse its memory. */
export function rowBlocks(entry: TensorEntry, most: number): TensorEntry[] {
  const [rows, columns] = [at(entry.shape, 0), at(entry.shape, 1)];
  const count = Math.ceil(rows / Math.max(1, Math.floor(most / (columns * FLOAT_BYTES))));
  const block = Math.ceil(rows / count);
  return Array.from({ length: Math.ceil(rows / block) }, (_, i) =>
    tensorRows(entry, i * block, Math.min(rows, (i + 1) * block)),
  );
}

/**
 * A linear layer with an adapter's update: [m, input] → [m, output]. Gemm takes the weight as stored: onnxruntime packs
 * it once, without a second copy. @param adapted the weight's name in an adapter
 */
export function applyLinear(graph: ModelGraph, layer: Linear, x: Value, adapted = `${layer.module}.weight`): Value {
  const { module, input, output, bias, layout } = layer;
  const isConv1d = layout === 'conv1d';
  const weight = graph.weights.tensor(`${module}.weight`, isConv1d ? [input, output] : [output, input]);
  const added = bias ? loadFloat32(graph, graph.weights.tensor(`${module}.bias`, [output])) : null;
  const ratios = graph.weights.ratios(adapted);
  const y = applyWeight(graph, x, weight, { transB: isConv1d ? 0 : 1, bias: ratios ? null : added });
  const lora = graph.weights.lora(adapted);
  if (!lora) return y;
  graph.weights.expectLora(lora, input, output);
  const [a, b] = loadFactors(graph, lora, input, output);
  const transB = lora.inputFirst ? 0 : 1;
  const inner = graph.op('Gemm', [x, a], { transB });
  const product = graph.op('Gemm', [inner, b, y], { transB, alpha: { float: lora.scale } });
  const sum = lora.bias
    ? graph.op('Add', [product, scaled(graph, loadFloat32(graph, lora.bias), lora.scale)])
    : product;
  if (!ratios) return sum;
  const resized = graph.op('Mul', [sum, graph.constant(ratios, 'float32')]);
  return added ? graph.op('Add', [resized, added]) : resized;
}

export function scaled(graph: Graph, x: Value, factor = 1): Value {
  return factor === 1 ? x : graph.op('Mul', [x, graph.constant([factor], 'float32')]);
}

/** A and B of an update as stored: [rank, input] and [output, rank], or both transposed. */
function loadFactors(graph: Graph, { a, b, rank, inputFirst }: LoraModule, input: number, output: number) {
  return inputFirst
    ? ([loadFloat32(graph, a, [input, rank]), loadFloat32(graph, b, [rank, output])] as const)
    : ([loadFloat32(graph, a, [rank, input]), loadFloat32(graph, b, [output, rank])] as const);
}

/**
 * Rows of an embedding table [count, size] by index [m]: float32 [m, size], with an adapter's update. The table stays
 * in the file's type, and only the rows looked up are read.
 */
export function lookUp(
  graph: ModelGraph,
  module: string,
  indices: Value,
  [count, size]: readonly [number, number],
): Value {
  const table = graph.weights.table(`${module}.weight`, [count, size]);
  // A table that cannot be expanded by rows is in memory as a whole.
  const isWhole = table.recipe !== undefined && table.recipe.rows === undefined;
  const entry = isWhole ? graph.weights.tensor(`${module}.weight`, [count, size]) : table;
  const stored = entry.recipe?.rows
    ? entry.recipe.rows(graph, indices)
    : graph.op('Gather', [preparedValue(graph, entry), indices], { axis: 0 });
  const rows = valueType(entry) === float32 ? stored : graph.cast(stored, float32);
  const lora = graph.weights.lora(`${module}.weight`);
  if (!lora) return rows;
  graph.weights.expectLora(lora, count, size);
  const [a, b] = loadFactors(graph, lora, count, size);
  const inner = graph.op('Gather', [a, indices], { axis: lora.inputFirst ? 0 : 1 });
  const orientation = lora.inputFirst ? { transA: 0, transB: 0 } : { transA: 1, transB: 1 };
  const adapted = graph.op('Gemm', [inner, b, rows], { ...orientation, alpha: { float: lora.scale } });
  const ratios = graph.weights.ratios(`${module}.weight`);
  return ratios ? graph.op('Mul', [adapted, graph.constant(ratios, 'float32')]) : adapted;
}
