import type { FileState } from '@shadow-gate/platform/files';
import type { Graph, Value } from '../../onnx/graph.ts';
import type { TensorEntry, TensorRecipe } from '../../tensors/tensor-entry.ts';
import { type BlockFormat, GgufBlocks } from './blocks/blocks.ts';
import { BLOCK_FORMATS } from './blocks/index.ts';
import type { GgmlType } from './ggml-types.ts';
import type { GgufTensor } from './tensor-infos.ts';

/** A tensor of a GGUF file, of which quantized ones have a recipe. Their dtype is the name of the ggml type. */
export function ggufTensorEntry(
  tensor: GgufTensor,
  { file, state }: { readonly file: string; readonly state: FileState },
): TensorEntry {
  const { name, type, shape, size, offset, byteLength } = tensor;
  const entry = { name, dtype: type.name, shape, size, file, offset, byteLength, state };
  const format = BLOCK_FORMATS.get(type.name);
  return format === undefined ? entry : { ...entry, recipe: recipeOf(entry, type, format) };
}

function recipeOf(stored: TensorEntry, type: GgmlType, format: BlockFormat): TensorRecipe {
  const { shape, size } = stored;
  return {
    stored: [stored],
    parameters: ['GGUF', type.name],
    expand: (graph) => graph.reshape(numbersOf(new GgufBlocks(graph, stored, type), format), shape),
    steps: (graph) => graph.reshape(stepsOf(new GgufBlocks(graph, stored, type), type, format), shape),
    ...(shape.length > 1 ? { block: blockOf } : {}),
    ...(shape.length === 2 ? { rows: rowsOf } : {}),
  };
  function rowsOf(graph: Graph, indices: Value): Value {
    const numbers = numbersOf(new GgufBlocks(graph, stored, type, indices), format);
    return graph.reshape(numbers, [-1, shape[1] ?? 0]);
  }
  /** Rows are whole blocks, one after the other. */
  function blockOf(index: number, count: number): TensorRecipe {
    const byteLength = stored.byteLength / count;
    const [first = 1, ...rest] = shape;
    const part = { shape: first === count ? rest : [first / count, ...rest], size: size / count };
    return recipeOf({ ...stored, ...part, byteLength, offset: stored.offset + index * byteLength }, type, format);
  }
}

/** float32 [n, groups, width]. */
function numbersOf(blocks: GgufBlocks, { codes, scales, offsets }: BlockFormat): Value {
  const scaled = blocks.multiply(codes(blocks), scales(blocks));
  return offsets ? blocks.graph.op('Add', [scaled, offsets(blocks)]) : scaled;
}

/** float32 [n, groups, width]. */
function stepsOf(blocks: GgufBlocks, { elements }: GgmlType, { groups, steps = 1, scales }: BlockFormat) {
  const sizes = blocks.graph.op('Abs', [scales(blocks)]);
  if (typeof steps !== 'number') return blocks.multiply(steps(blocks), sizes);
  const shape = blocks.graph.constant([blocks.n, groups, elements / groups], 'int64');
  return blocks.graph.op('Expand', [blocks.multiply(sizes, steps), shape]);
}
