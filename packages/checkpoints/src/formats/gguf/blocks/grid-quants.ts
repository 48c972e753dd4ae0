import type { Value } from '../../../onnx/graph.ts';
import type { BlockFormat, GgufBlocks } from './blocks.ts';
import { IQ1_GRID, IQ2_S_GRID, IQ2_XS_GRID, IQ2_XXS_GRID, IQ3_S_GRID, IQ3_XXS_GRID } from './grids.ts';

/**
 * Blocks of 256 elements: each 8 or 4 are one point of a grid, with signs for each 8. Numbers of a point have no
 * neighbors of their own, so their steps are those of as many cubes filling the same space.
 */

/** −1 for each set bit of a byte: [256, 8]. */
const SIGNS = Array.from({ length: 256 }, (_, byte) =>
  Array.from({ length: 8 }, (_, bit) => ((byte >> bit) & 1 ? -1 : 1)),
);
const ALL_SIGNS = SIGNS.flat();

/** Signs by 7 bits, where the eighth makes the number of minus signs even: [128, 8]. */
const EVEN_SIGNS = SIGNS.slice(0, 128).flatMap((signs) => {
  const odd = signs.filter((sign) => sign < 0).length % 2 === 1;
  return [...signs.slice(0, 7), odd ? -1 : 1];
});

/** The side of a cube if 2^bits of them fill the space of 8 numbers up to `most` in either direction. */
function side(most: number, bits: number): number {
  return (2 * most) / 2 ** (bits / 8);
}
/** Halfway from the last number of a grid to a hypothetical next one. */
const [MOST_IQ2, MOST_IQ3_XXS, MOST_IQ3_S, MOST_IQ1] = [52, 67, 16, 1.5];

/** Points of a grid times the signs of each 8 elements: float32 [n, 256 / width, width]. */
function signed(blocks: GgufBlocks, width: number, points: Value, signs: Value): Value {
  return blocks.multiply(blocks.reshape(points, [256 / width, width]), blocks.reshape(signs, [256 / width, width]));
}

/** Consecutive little-endian words of 32 bits: uint32 [n, count, 1]. */
function words(blocks: GgufBlocks, from: number, count: number, stride = 4): Value {
  const bytes = blocks.reshape(blocks.bytes(from, count * stride), [count, stride]);
  return blocks.word([0, 1, 2, 3].map((i) => blocks.slice(bytes, 2, stride - 4 + i, stride - 3 + i)));
}

/** A word of IQ2_XXS or IQ3_XXS has four groups of 7 bits for signs, and a scale. */
function wordSigns(blocks: GgufBlocks, all: Value): Value {
  return blocks.lookUp(EVEN_SIGNS, 8, blocks.fields(all, { shifts: [0, 7, 14, 21], bits: 7, type: 'uint32' }));
}

/** d · (1/2 + scale) · factor, for scales of 4 bits. */
function halfScales(blocks: GgufBlocks, codes: Value, groups: number, factor: number): Value {
  const scales = blocks.add(blocks.float(blocks.reshape(codes, [groups, 1])), 0.5);
  return blocks.multiply(blocks.multiply(scales, blocks.half(0)), factor);
}

function wordScales(blocks: GgufBlocks, all: Value, factor: number): Value {
  return halfScales(blocks, blocks.fields(all, { shifts: [28], bits: 4, type: 'uint32' }), 8, factor);
}

function nibbleScales(blocks: GgufBlocks, from: number, length: number): Value {
  return blocks.fields(blocks.reshape(blocks.bytes(from, length), [length, 1]), { shifts: [0, 4], bits: 4 });
}

/** d · (2 · scale + 1). */
function oddScales(blocks: GgufBlocks, codes: Value, d: Value): Value {
  return blocks.multiply(blocks.add(blocks.multiply(blocks.float(codes), 2), 1), d);
}

/** Added to all numbers of a point, by a bit. */
const DELTA = [0.125, -0.125];

/** Little-endian words of 16 bits: uint32 [n, count, 1]. */
function shorts(blocks: GgufBlocks, from: number, count: number): Value {
  const bytes = blocks.reshape(blocks.bytes(from, 2 * count), [count, 2]);
  return blocks.word([blocks.slice(bytes, 2, 0, 1), blocks.slice(bytes, 2, 1, 2)]);
}

/** @param high three more bits of each index, [n, 32] */
function iq1Points(blocks: GgufBlocks, high: Value, from: number): Value {
  return blocks.lookUp(IQ1_GRID, 8, blocks.word([blocks.bytes(from, 32), high]));
}

/** A float16 with 4 bits at the top of each of four words: float32 [n, 1, 1]. */
function halfInParts(blocks: GgufBlocks, all: Value): Value {
  const nibbles = blocks.fields(all, { shifts: [12], bits: 4, type: 'uint32' });
  const [lowest, low, high, highest] = [0, 1, 2, 3].map((i) => blocks.slice(nibbles, 1, i, i + 1));
  if (lowest === undefined || low === undefined || high === undefined || highest === undefined) throw new Error('four');
  const { graph } = blocks;
  const shift = (value: Value, bits: number) =>
    graph.op('BitShift', [value, graph.constant([bits], 'uint32')], { direction: 'LEFT' });
  const parts = [lowest, shift(low, 4), shift(high, 8), shift(highest, 12)];
  const bits = parts.reduce((joined, part) => graph.op('BitwiseOr', [joined, part]));
  const exponent = blocks.fields(bits, { shifts: [10], bits: 6, type: 'uint32' });
  const mantissa = blocks.float(blocks.fields(bits, { shifts: [0], bits: 10, type: 'uint32' }));
  const units = blocks.lookUp(HALF_UNITS, 1, exponent);
  return blocks.multiply(graph.op('Add', [mantissa, blocks.lookUp(HALF_ONES, 1, exponent)]), units);
}

/** By sign and exponent of a float16: the signed unit of its last place, and the implicit bit in that unit. */
const HALF_UNITS = Array.from({ length: 64 }, (_, i) => {
  const exponent = i & 31;
  const unit = exponent === 31 ? Number.POSITIVE_INFINITY : 2 ** (Math.max(exponent, 1) - 25);
  return i < 32 ? unit : -unit;
});
const HALF_ONES = Array.from({ length: 64 }, (_, i) => ((i & 31) === 0 ? 0 : 1024));

export const GRID_QUANTS: Readonly<Record<string, BlockFormat>> = {
  IQ2_XXS: {
    groups: 8,
    codes: (blocks) => {
      const indices = blocks.slice(blocks.reshape(blocks.bytes(2, 64), [8, 8]), 2, 0, 4);
      return signed(blocks, 32, blocks.lookUp(IQ2_XXS_GRID, 8, indices), wordSigns(blocks, words(blocks, 2, 8, 8)));
    },
    scales: (blocks) => wordScales(blocks, words(blocks, 2, 8, 8), 0.25),
    steps: side(MOST_IQ2, 8 + 7),
  },
  IQ2_XS: {
    groups: 16,
    codes: (blocks) => {
      const bytes = blocks.reshape(blocks.bytes(2, 64), [32, 2]);
      const [low, high] = [blocks.slice(bytes, 2, 0, 1), blocks.slice(bytes, 2, 1, 2)];
      const points = blocks.word([low, blocks.fields(high, { shifts: [0], bits: 1 })]);
      const signs = blocks.fields(high, { shifts: [1], bits: 7 });
      return signed(blocks, 16, blocks.lookUp(IQ2_XS_GRID, 8, points), blocks.lookUp(EVEN_SIGNS, 8, signs));
    },
    scales: (blocks) => halfScales(blocks, nibbleScales(blocks, 66, 8), 16, 0.25),
    steps: side(MOST_IQ2, 9 + 7),
  },
  IQ2_S: {
    groups: 16,
    codes: (blocks) => {
      const high = blocks.fields(blocks.reshape(blocks.bytes(66, 8), [8, 1]), { shifts: [0, 2, 4, 6], bits: 2 });
      const points = blocks.word([blocks.bytes(2, 32), blocks.reshape(high, [32])]);
      const signs = blocks.lookUp(ALL_SIGNS, 8, blocks.bytes(34, 32));
      return signed(blocks, 16, blocks.lookUp(IQ2_S_GRID, 8, points), signs);
    },
    scales: (blocks) => halfScales(blocks, nibbleScales(blocks, 74, 8), 16, 0.25),
    steps: side(MOST_IQ2, 10 + 8),
  },
  IQ3_XXS: {
    groups: 8,
    codes: (blocks) =>
      signed(blocks, 32, blocks.lookUp(IQ3_XXS_GRID, 4, blocks.bytes(2, 64)), wordSigns(blocks, words(blocks, 66, 8))),
    scales: (blocks) => wordScales(blocks, words(blocks, 66, 8), 0.5),
    steps: side(MOST_IQ3_XXS, 2 * 8 + 7),
  },
  IQ3_S: {
    groups: 8,
    codes: (blocks) => {
      const bits = { shifts: [0, 1, 2, 3, 4, 5, 6, 7], bits: 1 };
      const high = blocks.fields(blocks.reshape(blocks.bytes(66, 8), [8, 1]), bits);
      const points = blocks.word([blocks.bytes(2, 64), blocks.reshape(high, [64])]);
      const signs = blocks.lookUp(ALL_SIGNS, 8, blocks.bytes(74, 32));
      return signed(blocks, 32, blocks.lookUp(IQ3_S_GRID, 4, points), signs);
    },
    scales: (blocks) => oddScales(blocks, blocks.reshape(nibbleScales(blocks, 106, 4), [8, 1]), blocks.half(0)),
    steps: side(MOST_IQ3_S, 2 * 9 + 8),
  },
  IQ1_S: {
    groups: 8,
    codes: (blocks) => {
      const all = shorts(blocks, 34, 8);
      const high = blocks.fields(all, { shifts: [0, 3, 6, 9], bits: 3, type: 'uint32' });
      const points = iq1Points(blocks, blocks.reshape(high, [32]), 2);
      const delta = blocks.lookUp(DELTA, 1, blocks.fields(all, { shifts: [15], bits: 1, type: 'uint32' }));
      return blocks.graph.op('Add', [blocks.reshape(points, [8, 32]), blocks.reshape(delta, [8, 1])]);
    },
    scales: (blocks) =>
      oddScales(
        blocks,
        blocks.fields(shorts(blocks, 34, 8), { shifts: [12], bits: 3, type: 'uint32' }),
        blocks.half(0),
      ),
    steps: side(MOST_IQ1, 11),
  },
  IQ1_M: {
    groups: 16,
    codes: (blocks) => {
      const nibbles = blocks.fields(blocks.reshape(blocks.bytes(32, 16), [16, 1]), { shifts: [0, 4], bits: 4 });
      const high = blocks.reshape(blocks.fields(nibbles, { shifts: [0], bits: 3 }), [32]);
      const delta = blocks.lookUp(DELTA, 1, blocks.fields(nibbles, { shifts: [3], bits: 1 }));
      const points = blocks.reshape(iq1Points(blocks, high, 0), [32, 8]);
      return blocks.reshape(blocks.graph.op('Add', [points, blocks.reshape(delta, [32, 1])]), [16, 16]);
    },
    scales: (blocks) => {
      const all = shorts(blocks, 48, 4);
      const codes = blocks.fields(all, { shifts: [0, 3, 6, 9], bits: 3, type: 'uint32' });
      return oddScales(blocks, blocks.reshape(codes, [16, 1]), halfInParts(blocks, all));
    },
    steps: side(MOST_IQ1, 11),
  },
};
