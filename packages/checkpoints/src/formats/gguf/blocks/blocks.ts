import { ElementType, type Graph, type Value } from '../../../onnx/graph.ts';
import type { TensorEntry } from '../../../tensors/tensor-entry.ts';
import type { GgmlType } from '../ggml-types.ts';

/** Numbers = code · scale + offset in float32, in this order, as in gguf-py 0.19 (quants.py, `dequantize_blocks`). */
export interface BlockFormat {
  readonly groups: number;
  /** float32 [n, groups, width]. */
  readonly codes: (blocks: GgufBlocks) => Value;
  /** float32 [n, groups, 1]. */
  readonly scales: (blocks: GgufBlocks) => Value;
  /** float32 [n, groups, 1]; missing if there are none. */
  readonly offsets?: (blocks: GgufBlocks) => Value;
  /** Codes that are whole numbers: nibbles (signed ones minus 8), or bytes with 128 added. */
  readonly integers?:
    | { readonly bits: 4; readonly isSigned: boolean; readonly nibbles: Nibbles }
    | { readonly bits: 8; readonly bytes: (blocks: GgufBlocks) => Value };
  /** Distances of codes to neighbors in units of the scale: a number (1 if missing), or float32 of their shape. */
  readonly steps?: number | ((blocks: GgufBlocks) => Value);
}

/** Nibbles of `runs` · `width` bytes from `from` on. In each run, all low halves precede all high halves. */
export interface Nibbles {
  readonly from: number;
  readonly width: number;
  readonly runs: number;
}
interface Fields {
  readonly shifts: readonly number[];
  readonly bits: number;
  readonly type?: 'uint8' | 'uint32';
}

/** The parts of all blocks of a tensor, in its order. */
export class GgufBlocks {
  readonly graph: Graph;
  /** Number of blocks; -1 for those of some rows, which are counted in a run. */
  readonly n: number;
  readonly #entry: TensorEntry;
  readonly #bytes: number;
  readonly #rows: Value | null;

  /** @param rows indices of the rows of a matrix, int64 [n]; by default all */
  constructor(graph: Graph, entry: TensorEntry, type: GgmlType, rows: Value | null = null) {
    this.graph = graph;
    this.n = rows === null ? entry.byteLength / type.bytes : -1;
    this.#entry = entry;
    this.#bytes = type.bytes;
    this.#rows = rows;
  }

  /** uint8 [n, length]. */
  bytes(from: number, length: number): Value {
    return this.#columns(ElementType.uint8, 1, from, length);
  }

  /** Signed bytes: float32 [n, length]. */
  signed(from: number, length: number): Value {
    return this.float(this.#columns(ElementType.int8, 1, from, length));
  }

  /** One float16 per block, at an even offset in blocks of even size: float32 [n, 1, 1]. */
  half(from: number): Value {
    return this.#scalar(ElementType.float16, 2, from);
  }

  /** One float32 per block. */
  single(from: number): Value {
    return this.#scalar(ElementType.float32, 4, from);
  }

  #scalar(type: ElementType, width: number, from: number): Value {
    const column = this.#columns(type, width, from, width);
    return this.reshape(type === ElementType.float32 ? column : this.float(column), [1, 1]);
  }

  #columns(type: ElementType, width: number, from: number, length: number): Value {
    const all = this.#elements(type, width);
    return length === this.#bytes ? all : this.graph.slice(all, 1, from / width, (from + length) / width);
  }

  /** [n, bytes / width] of a type. */
  #elements(type: ElementType, width: number): Value {
    const { byteLength, shape } = this.#entry;
    const dims = [-1, this.#bytes / width];
    if (this.#rows === null) return this.graph.external(this.#entry, type, [this.n, this.#bytes / width]);
    const [count = 1] = shape;
    const matrix = this.graph.external(this.#entry, type, [count, byteLength / width / count]);
    return this.graph.reshape(this.graph.op('Gather', [matrix, this.#rows], { axis: 0 }), dims);
  }

  /** Prepends n to the dimensions. */
  reshape(value: Value, dims: readonly number[]): Value {
    return this.graph.reshape(value, [this.n, ...dims]);
  }

  float(value: Value): Value {
    return this.graph.cast(value, ElementType.float32);
  }

  /** Codes of some bits, uint8 or uint32: (value >> shift) & mask, for each of the shifts. */
  fields(value: Value, { shifts, bits, type = 'uint8' }: Fields): Value {
    const shifted = shifts.every((shift) => shift === 0)
      ? value
      : this.graph.op('BitShift', [value, this.graph.constant(shifts, type, [shifts.length])], { direction: 'RIGHT' });
    return this.graph.op('BitwiseAnd', [shifted, this.graph.constant([2 ** bits - 1], type)]);
  }

  /** ggml's bit planes, lowest bits of each run first. uint8 [n, runs · width] → uint8 [n, runs, planes, width]. */
  planes(
    bytes: Value,
    { width, bits, runs }: { readonly width: number; readonly bits: number; readonly runs: number },
  ) {
    const all = this.reshape(bytes, [runs, 1, width]);
    // One shift for all elements takes a fifth of the time of shifts that change along an axis.
    const planes = Array.from({ length: 8 / bits }, (_, i) => this.fields(all, { shifts: [i * bits], bits }));
    return this.concat(planes, 2);
  }

  /** Nibbles in order, two per byte, the first in the low half: uint8 [n, runs · width]. */
  nibblePairs({ from, width, runs }: Nibbles): Value {
    const { graph } = this;
    const { uint8, uint16, uint32 } = ElementType;
    // Pairs of low halves share a byte, and so do pairs of high halves.
    const words = graph.cast(this.#columns(uint16, 2, from, width * runs), uint32);
    const all = this.reshape(words, [runs, 1, width / 2]);
    const shifted = (value: Value, bits: number) =>
      graph.op('BitShift', [value, graph.constant([bits], 'uint32')], { direction: 'RIGHT' });
    const masked = (value: Value, mask: number) => graph.op('BitwiseAnd', [value, graph.constant([mask], 'uint32')]);
    const halves = [all, shifted(all, 4)].map((value) => {
      const low = masked(value, 0x0f0f);
      return graph.cast(masked(graph.op('BitwiseOr', [low, shifted(low, 4)]), 0xff), uint8);
    });
    return this.concat(halves, 2);
  }

  /** high · 2^bits + low, uint8 of the same shape. */
  join(low: Value, high: Value, bits: number): Value {
    const shifted = this.graph.op('BitShift', [high, this.graph.constant([bits], 'uint8')], { direction: 'LEFT' });
    return this.graph.op('BitwiseOr', [low, shifted]);
  }

  /** Little-endian words: uint8 [..., 1] per byte → uint32 of the same shape. */
  word(bytes: readonly Value[]): Value {
    const { graph } = this;
    const parts = bytes.map((byte, i) => {
      const wide = graph.cast(byte, ElementType.uint32);
      return i === 0 ? wide : graph.op('BitShift', [wide, graph.constant([8 * i], 'uint32')], { direction: 'LEFT' });
    });
    return parts.reduce((all, part) => graph.op('BitwiseOr', [all, part]));
  }

  /** Rows of a table of float32 [rows, width] by index: [..., width], without the last dimension if width is 1. */
  lookUp(table: readonly number[], width: number, indices: Value): Value {
    const dims = width === 1 ? [table.length] : [table.length / width, width];
    const numbers = this.graph.constant(table, 'float32', dims);
    return this.graph.op('Gather', [numbers, this.graph.cast(indices, ElementType.int32)], { axis: 0 });
  }

  /** Whole numbers in float32 plus 128, as uint8. */
  biased(codes: Value): Value {
    return this.graph.cast(this.add(codes, 128), ElementType.uint8);
  }

  add(value: Value, number: number): Value {
    return this.graph.op('Add', [value, this.graph.constant([number], 'float32')]);
  }

  multiply(value: Value, factor: Value | number): Value {
    const other = typeof factor === 'number' ? this.graph.constant([factor], 'float32') : factor;
    return this.graph.op('Mul', [value, other]);
  }

  negate(value: Value): Value {
    return this.graph.op('Neg', [value]);
  }

  concat(values: readonly Value[], axis: number): Value {
    return this.graph.op('Concat', values, { axis });
  }

  /** Axis 0 is that of the blocks. */
  slice(value: Value, axis: number, start: number, end: number, step = 1): Value {
    return this.graph.slice(value, axis, start, end, step);
  }
}
