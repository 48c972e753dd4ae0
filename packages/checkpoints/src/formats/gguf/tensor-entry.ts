import { given } from '@shadow-gate/platform';
import type { FileState } from '@shadow-gate/platform/files';
import type { Graph, Value } from '../../onnx/graph.ts';
import type { PackedMatrix, TensorEntry, TensorRecipe } from '../../tensors/tensor-entry.ts';
import { type BlockFormat, GgufBlocks } from './blocks/blocks.ts';
import { BLOCK_FORMATS } from './blocks/index.ts';
import type { GgmlType } from './ggml-types.ts';
import type { GgufTensor } from './tensor-infos.ts';

/** A stored tensor, with a recipe if it is quantized. Its dtype is the name of the ggml type. */
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
    ...given({
      block: shape.length > 1 ? blockOf : undefined,
      rows: shape.length === 2 ? rowsOf : undefined,
      packed: shape.length === 2 && format.integers ? packedOf(stored, type, format, format.integers) : undefined,
    }),
  };
  function rowsOf(graph: Graph, indices: Value): Value {
    const numbers = numbersOf(new GgufBlocks(graph, stored, type, indices), format);
    return graph.reshape(numbers, [-1, shape[1] ?? 0]);
  }
  /** Rows are consecutive whole blocks. */
  function blockOf(index: number, count: number): TensorRecipe {
    const byteLength = stored.byteLength / count;
    const [first = 1, ...rest] = shape;
    const part = { shape: first === count ? rest : [first / count, ...rest], size: size / count };
    return recipeOf({ ...stored, ...part, byteLength, offset: stored.offset + index * byteLength }, type, format);
  }
}

/** MatMulNBits has unsigned codes, and subtracts half of their range. */
function packedOf(
  stored: TensorEntry,
  type: GgmlType,
  { groups, scales, offsets }: BlockFormat,
  integers: NonNullable<BlockFormat['integers']>,
): PackedMatrix {
  const { bits } = integers;
  const [rows = 0, columns = 0] = stored.shape;
  const block = type.elements / groups;
  const inRows = (values: (blocks: GgufBlocks) => Value, width: number) => (graph: Graph) =>
    graph.reshape(values(new GgufBlocks(graph, stored, type)), [rows, columns / block, width]);
  /** Unsigned nibbles begin at 0, not at −8. */
  const eight = (blocks: GgufBlocks): Value => {
    const own = blocks.multiply(scales(blocks), 8);
    return offsets ? blocks.graph.op('Add', [offsets(blocks), own]) : own;
  };
  const added = bits === 4 && !integers.isSigned ? eight : offsets;
  const codes = (blocks: GgufBlocks) => (bits === 4 ? blocks.nibblePairs(integers.nibbles) : integers.bytes(blocks));
  return {
    bits,
    block,
    codes: inRows(codes, (block * bits) / 8),
    scales: inRows(scales, 1),
    ...given({ offsets: added && inRows(added, 1) }),
  };
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
