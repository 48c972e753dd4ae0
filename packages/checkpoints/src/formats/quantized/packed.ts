import { at } from '@shadow-gate/platform';
import { ElementType, type Graph, type Value } from '../../onnx/graph.ts';
import type { TensorEntry } from '../../tensors/tensor-entry.ts';
import { type Build, packedBytesOf, packedMatrix, type SignedBytes } from './packed-matrix.ts';
import { spread } from './tables.ts';

const WORD_BYTES = 4;

type StoredWords = 'rows first' | 'words first';

/** The bytes of 32-bit words [rows, words], uint8 [rows, 4 · words], also of a tensor that is stored [words, rows]. */
export function wordBytes(graph: Graph, words: TensorEntry, stored: StoredWords = 'rows first') {
  const [first, second] = [at(words.shape, 0), at(words.shape, 1)];
  const bytes = graph.external(words, ElementType.uint8, [first, second, WORD_BYTES]);
  if (stored === 'rows first') return graph.reshape(bytes, [first, second * WORD_BYTES]);
  return graph.reshape(graph.op('Transpose', [bytes], { perm: [1, 0, 2] }), [second, first * WORD_BYTES]);
}

/** Codes of 1 to 8 bits in such words, lowest bits first: float32 [rows, count]. */
export function unpackWords(graph: Graph, words: TensorEntry, { stored, of = (bytes) => bytes, ...codes }: WordCodes) {
  return unpack(graph, graph.cast(of(wordBytes(graph, words, stored)), ElementType.int32), codes);
}

interface WordCodes {
  readonly bits: number;
  readonly count: number;
  readonly stored?: StoredWords;
  /** Some of the rows of bytes. */
  readonly of?: (bytes: Value) => Value;
}

/** Bytes [rows, width] → float32 [rows, count]. Codes can cross bytes. */
function unpack(graph: Graph, bytes: Value, { bits, count }: { readonly bits: number; readonly count: number }) {
  return [1, 2, 4, 8].includes(bits) ? wholeCodes(graph, bytes, bits, count) : crossingCodes(graph, bytes, bits, count);
}

function wholeCodes(graph: Graph, bytes: Value, bits: number, count: number): Value {
  const perByte = 8 / bits;
  const table = Array.from({ length: 256 * perByte }, (_, i) => {
    return (Math.floor(i / perByte) >> (bits * (i % perByte))) & (2 ** bits - 1);
  });
  const codes = graph.op('Gather', [graph.constant(table, 'float32', [256, perByte]), bytes], { axis: 0 });
  const flat = graph.op('Reshape', [codes, graph.constant([0, -1], 'int64')]);
  return graph.slice(flat, 1, 0, count);
}

/** Each code is in the byte in which it begins, and perhaps in the next one. */
function crossingCodes(graph: Graph, bytes: Value, bits: number, count: number): Value {
  const begins = Array.from({ length: count }, (_, i) => i * bits);
  const bytesAt = (indices: readonly number[]) =>
    graph.op('Gather', [bytes, graph.constant(indices, 'int64')], { axis: 1 });
  const low = bytesAt(begins.map((bit) => Math.floor(bit / 8)));
  // A code that ends with its byte needs no other: the modulus removes the added bits.
  const high = bytesAt(begins.map((bit) => Math.floor((bit + bits - 1) / 8)));
  const both = graph.op('Add', [low, graph.op('Mul', [high, graph.constant([256], 'int32')])]);
  const places = graph.constant(
    begins.map((bit) => 2 ** (bit % 8)),
    'int32',
  );
  const codes = graph.op('Mod', [graph.op('Div', [both, places]), graph.constant([2 ** bits], 'int32')]);
  return graph.cast(codes, ElementType.float32);
}

/** The only number of bits with which `count` codes fill so many 32-bit words, preferably a stated one; else null. */
export function packedBits(count: number, words: number, stated: readonly number[]): number | null {
  const possible = [1, 2, 3, 4, 5, 6, 7, 8].filter((bits) => Math.ceil((count * bits) / 32) === words);
  const known = possible.filter((bits) => stated.includes(bits));
  const [only, ...others] = known.length > 0 ? known : possible;
  return only === undefined || others.length > 0 ? null : only;
}

interface Integers {
  readonly shape: readonly [rows: number, columns: number];
  readonly bits: number;
  /** float32 [rows, columns]. */
  readonly codes: (graph: Graph) => Value;
  /** Codes that are stored in 4 or 8 bits: uint8 [rows, columns · bits / 8], the first of two in the low half. */
  readonly bytes?: ((graph: Graph) => Value) | undefined;
  /** Are all zeros in the middle? */
  readonly isSymmetric: boolean;
  /** Subtracted from the codes: float32 [rows, groups]. */
  readonly zeros: (graph: Graph) => Value;
  /** float32 [rows, groups]. */
  readonly scales: (graph: Graph) => Value;
  readonly groups: Groups;
}

interface Groups {
  readonly count: number;
  /** int32 [columns], the group of each column; or the size of groups of neighbors (the last may be smaller). */
  readonly of: TensorEntry | number;
  /** The size of groups of neighbors, for columns with a negative stored group. Missing: that group does not exist. */
  readonly unset?: number;
}

/** W = (code − zero) · scale. Columns of a group that does not exist are NaN. */
export function integerRecipe({ shape, bits, codes, bytes, isSymmetric, zeros, scales, groups }: Integers) {
  const each = (graph: Graph, value: Value) => spreadGroups(graph, value, shape, groups);
  const offsets = (graph: Graph) => {
    const middle = graph.constant([2 ** (bits - 1)], 'float32');
    return graph.op('Mul', [graph.op('Sub', [middle, zeros(graph)]), scales(graph)]);
  };
  const packed = (group: number) =>
    packedMatrix({
      shape,
      bits,
      group,
      codes: bytes ? { bytes } : { numbers: codes },
      scales,
      ...(isSymmetric ? {} : { offsets }),
    });
  return {
    // Other orders of columns would need one of x.
    ...(typeof groups.of === 'number' ? packed(groups.of) : {}),
    expand: (graph: Graph) => {
      const shifted = graph.op('Sub', [codes(graph), each(graph, zeros(graph))]);
      return graph.op('Mul', [shifted, each(graph, scales(graph))]);
    },
    steps: (graph: Graph) =>
      graph.op('Expand', [graph.op('Abs', [each(graph, scales(graph))]), graph.constant([...shape], 'int64')]),
  };
}

export function int8Value(graph: Graph, entry: TensorEntry, dims: readonly number[] = entry.shape): Value {
  return graph.cast(graph.external(entry, ElementType.int8, dims), ElementType.float32);
}

/** W = (code − zero) · scale. */
export function int8Recipe({ codes, blocks, scales, zeros }: SignedBytes) {
  const { shape } = codes;
  const each = (graph: Graph, values: Build) => spread(graph, values(graph), shape, blocks);
  return {
    ...packedBytesOf({ codes, blocks, scales, zeros }),
    expand: (graph: Graph) => {
      const numbers = int8Value(graph, codes);
      return graph.op('Mul', [zeros ? graph.op('Sub', [numbers, each(graph, zeros)]) : numbers, each(graph, scales)]);
    },
    steps: (graph: Graph) =>
      graph.op('Expand', [graph.op('Abs', [each(graph, scales)]), graph.constant([...shape], 'int64')]),
  };
}

/** [rows, groups] → [rows, columns], or [rows, 1] for one group. */
function spreadGroups(
  graph: Graph,
  value: Value,
  [rows, columns]: readonly [number, number],
  { count, of, unset }: Groups,
): Value {
  const neighbors = (size: number) => {
    const groups = Array.from({ length: columns }, (_, column) => Math.floor(column / size));
    return graph.constant(groups, 'int32');
  };
  if (typeof of === 'number') return count === 1 ? value : graph.op('Gather', [value, neighbors(of)], { axis: 1 });
  const stored = graph.external(of, ElementType.int32, [columns]);
  const none = graph.constant([count], 'int32');
  const isNegative = graph.op('Less', [stored, graph.constant([0], 'int32')]);
  const known = graph.op('Where', [isNegative, unset === undefined ? none : neighbors(unset), stored]);
  const isNone = graph.op('GreaterOrEqual', [known, none]);
  const nan = graph.op('Expand', [graph.constant([Number.NaN], 'float32', [1, 1]), graph.constant([rows, 1], 'int64')]);
  const all = graph.op('Concat', [value, nan], { axis: 1 });
  return graph.op('Gather', [all, graph.op('Where', [isNone, none, known])], { axis: 1 });
}
