import { at } from '@shadow-gate/platform';
import { ElementType, type Graph, onnxElementType, type Value } from '../../onnx/graph.ts';
import type { TensorEntry } from '../../tensors/tensor-entry.ts';

export function castTensorBytes(graph: Graph, entry: TensorEntry, dims: readonly number[] = entry.shape): Value {
  return graph.cast(graph.external(entry, ElementType.uint8, dims), ElementType.int32);
}

export function lookUpIn(graph: Graph, table: readonly number[], indices: Value): Value {
  return graph.op('Gather', [graph.constant(table, 'float32'), indices], { axis: 0 });
}

/** Values of bytes with two 4-bit codes each, [..., n] → [..., n, 2]. @param table of 16 numbers */
export function lookUpPairs(graph: Graph, table: readonly number[], bytes: Value, first: 'high nibble' | 'low nibble') {
  const pairs = Array.from({ length: 256 }, (_, byte) => {
    const [high, low] = [at(table, byte >> 4), at(table, byte & 15)];
    return first === 'high nibble' ? [high, low] : [low, high];
  });
  return graph.op('Gather', [graph.constant(pairs.flat(), 'float32', [256, 2]), bytes], { axis: 0 });
}

/** 2^(s − 127) of each byte s (e8m0, OCP Microscaling Formats 1.0); 255 is NaN. */
export function powersOfTwo(): number[] {
  return Array.from({ length: 256 }, (_, s) => (s === 255 ? Number.NaN : 2 ** (s - 127)));
}

/** Half the distance between the neighbors of each value of a code; at the ends, the distance to the only neighbor. */
export function distinctSteps(values: readonly number[]): number[] {
  const sorted = [...new Set(values.filter(Number.isFinite))].sort((a, b) => a - b);
  return values.map((value) => {
    const i = sorted.indexOf(value);
    const [before, after] = [sorted[i - 1], sorted[i + 1]];
    if (i === -1) return Number.NaN;
    if (before === undefined) return (after ?? value) - value;
    return after === undefined ? value - before : (after - before) / 2;
  });
}

/** The size of a scale's block along each axis; the last block may be partial. */
export type BlockSizes = readonly number[];

/**
 * @param scales shape of the scales: along each axis 1, the weight's size, or the number of blocks
 * @param block stated sizes along the last axes
 * @returns null if the scales do not match the shape
 */
export function blockSizes(shape: readonly number[], scales: readonly number[], block: readonly number[]) {
  if (scales.every((size) => size === 1)) return shape;
  if (scales.length !== shape.length) return null;
  const sizes = shape.map((size, axis) => {
    const count = at(scales, axis);
    if (count === 1) return size;
    if (count === size) return 1;
    const stated = block[axis - shape.length + block.length] ?? 0;
    if (Math.ceil(size / stated) === count) return stated;
    // Groups within a row, as many as fit.
    const isOfRows = axis > 0 && scales.slice(0, axis).every((rows, before) => rows === shape[before]);
    return isOfRows && axis === shape.length - 1 && size % count === 0 ? size / count : 0;
  });
  return sizes.includes(0) ? null : sizes;
}

/** @param stated block sizes of some weights, of which exactly one must fit; if empty, groups may divide a row */
export function blocksAmong(
  shape: readonly number[],
  scales: readonly number[],
  stated: readonly (readonly number[])[],
): BlockSizes | null {
  if (stated.length === 0) return blockSizes(shape, scales, []);
  const found = stated.flatMap((block) => {
    const blocks = blockSizes(shape, scales, block);
    const isStated = blocks?.every(
      (size, axis) => size === 1 || size === shape[axis] || size === block[axis - shape.length + block.length],
    );
    return blocks !== null && isStated ? [[blocks.join(), blocks] as const] : [];
  });
  const [only, ...others] = new Map(found).values();
  return only !== undefined && others.length === 0 ? only : null;
}

/** Scales for each element of a weight, or with sizes of 1 that broadcast. */
export function spread(graph: Graph, scales: Value, shape: readonly number[], blocks: BlockSizes): Value {
  return shape.reduce((value, size, axis) => {
    const block = at(blocks, axis);
    if (block === 1 || block >= size) return value;
    const indices = Array.from({ length: size }, (_, i) => Math.floor(i / block));
    return graph.op('Gather', [value, graph.constant(indices, 'int64')], { axis });
  }, scales);
}

/** Scales as float32. They are floating-point, 8-bit floats, or powers of two. */
export function scaleValue(graph: Graph, entry: TensorEntry, dims: readonly number[]): Value {
  if (entry.dtype === 'F8_E8M0' || entry.dtype === 'U8') {
    return lookUpIn(graph, powersOfTwo(), castTensorBytes(graph, entry, dims));
  }
  const type = entry.dtype === 'F8_E4M3' ? ElementType.float8e4m3fn : onnxElementType(entry);
  const stored = graph.external(entry, type, dims);
  return type === ElementType.float32 ? stored : graph.cast(stored, ElementType.float32);
}
