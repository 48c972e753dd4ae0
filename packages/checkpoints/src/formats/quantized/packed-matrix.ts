import { at, given } from '@shadow-gate/platform';
import { ElementType, type Graph, type Value } from '../../onnx/graph.ts';
import type { PackedMatrix, TensorEntry } from '../../tensors/tensor-entry.ts';
import { type BlockSizes, spread } from './tables.ts';

export type Build = (graph: Graph) => Value;

/** W = (code − 2^(bits − 1)) · scale + offset, with unsigned codes. */
export interface ScaledCodes {
  readonly shape: readonly number[];
  /** 1 to 8 for each code. */
  readonly bits: number;
  /** Neighbors in a row that share a scale. */
  readonly group: number;
  /** Numbers, float32 [rows, columns]; or of 4 or 8 bits in the order of `PackedMatrix`, uint8. */
  readonly codes: { readonly numbers: Build } | { readonly bytes: Build };
  /** float32 [rows or 1, groups]. */
  readonly scales: Build;
  /** float32 [rows or 1, groups]; missing if all are zero. */
  readonly offsets?: Build;
}

/** What MatMulNBits takes, and twice as many for pairs of nibbles. */
const BLOCKS = [128, 64, 32, 16];

/** For a recipe: `packed` for products, or nothing if the columns are no whole blocks. */
export function packedMatrix({ shape, bits, group, codes, scales, offsets }: ScaledCodes): {
  readonly packed?: PackedMatrix;
} {
  const [rows = 0, columns = 0] = shape;
  const block = BLOCKS.find((size) => columns % size === 0 && group % size === 0);
  if (shape.length !== 2 || block === undefined) return {};
  const held = bits <= 4 ? 4 : 8;
  const dims = [rows, columns / block, (block * held) / 8];
  const ofBlocks = (values: Build) => (graph: Graph) => {
    const groupOf = Array.from({ length: columns / block }, (_, i) => Math.floor((i * block) / group));
    const each = graph.op('Gather', [values(graph), graph.constant(groupOf, 'int64')], { axis: 1 });
    const all = graph.op('Expand', [each, graph.constant([rows, columns / block], 'int64')]);
    return graph.reshape(all, [rows, columns / block, 1]);
  };
  const bytes = (graph: Graph) => {
    if ('bytes' in codes) return codes.bytes(graph);
    const moved = 2 ** (held - 1) - 2 ** (bits - 1);
    const numbers = graph.op('Add', [codes.numbers(graph), graph.constant([moved], 'float32')]);
    return graph.cast(held === 8 ? numbers : inPairs(graph, numbers), ElementType.uint8);
  };
  return {
    packed: {
      bits: held,
      block,
      codes: (graph) => graph.reshape(bytes(graph), dims),
      scales: ofBlocks(scales),
      ...given({ offsets: offsets && ofBlocks(offsets) }),
    },
  };
}

/** The second of two nibbles is in the high half. */
function inPairs(graph: Graph, nibbles: Value): Value {
  const weights = graph.constant([1, 16], 'float32', [2, 1]);
  return graph.op('MatMul', [graph.reshape(nibbles, [-1, 2]), weights]);
}

/** Codes of int8, with scales and zeros for blocks. */
export interface SignedBytes {
  readonly codes: TensorEntry;
  readonly blocks: BlockSizes;
  /** float32 [blocks of rows, blocks of columns]. */
  readonly scales: Build;
  /** Subtracted from the codes, in the same shape; undefined if all are zero. */
  readonly zeros: Build | undefined;
}

export function packedBytesOf({ codes, blocks, scales, zeros }: SignedBytes) {
  const { shape } = codes;
  if (shape.length !== 2) return {};
  const inRows = (values: Build) => (graph: Graph) => spread(graph, values(graph), shape.slice(0, 1), blocks);
  const scaled = inRows(scales);
  return packedMatrix({
    shape,
    bits: 8,
    group: at(blocks, 1),
    codes: { bytes: (graph) => flipped(graph, codes, 0x80) },
    scales: scaled,
    ...given({
      offsets: zeros && ((graph: Graph) => graph.op('Neg', [graph.op('Mul', [inRows(zeros)(graph), scaled(graph)])])),
    }),
  });
}

/** Signed codes become unsigned, half of their range higher, if their highest bits are flipped. */
export function flipped(graph: Graph, codes: TensorEntry, bits: number): Value {
  const bytes = graph.external(codes, ElementType.uint8, codes.shape);
  return graph.op('BitwiseXor', [bytes, graph.constant([bits], 'uint8')]);
}
