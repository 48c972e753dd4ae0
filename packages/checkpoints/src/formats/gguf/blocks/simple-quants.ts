import { ElementType, type Value } from '../../../onnx/graph.ts';
import type { BlockFormat, GgufBlocks } from './blocks.ts';

/** Blocks with one scale in float16 and codes of few bits. */

const half: BlockFormat['scales'] = (blocks) => blocks.half(0);

/** The low four bits of 16 bytes are the first 16 elements, the high four the rest: uint8 [n, 2, 16]. */
function nibbles(blocks: GgufBlocks, from: number): Value {
  return blocks.reshape(blocks.planes(blocks.bytes(from, 16), { width: 16, bits: 4, runs: 1 }), [1, 32]);
}

/** The value of the fifth bit: in the number itself, and with 128 added to signed or unsigned codes. */
const FIFTH = { own: [0, 16], signed: [112, 128], unsigned: [128, 144] } as const;

/** Nibbles with a fifth bit, which is the element's bit in a word of 32 bits: uint8 [n, 1, 32]. */
function fiveBits(blocks: GgufBlocks, from: number, fifth: readonly [number, number] = FIFTH.own): Value {
  const { graph } = blocks;
  // A table of the eight bits of a byte takes a fraction of the time of eight shifts.
  const bits = Array.from({ length: 2048 }, (_, i) => fifth[((i >> 3) >> (i & 7)) & 1] ?? 0);
  const indices = graph.cast(blocks.bytes(from, 4), ElementType.int32);
  const high = graph.op('Gather', [graph.constant(bits, 'uint8', [256, 8]), indices], { axis: 0 });
  return graph.op('BitwiseOr', [nibbles(blocks, from + 4), blocks.reshape(high, [1, 32])]);
}

const minimum: BlockFormat['offsets'] = (blocks) => blocks.half(2);

/** The five digits of each byte, minus 1: products overflow a byte. */
const THIRDS = Array.from({ length: 256 }, (_, byte) =>
  [1, 3, 9, 27, 81].map((power) => ((((byte * power) & 255) * 3) >> 8) - 1),
).flat();

export const SIMPLE_QUANTS: Readonly<Record<string, BlockFormat>> = {
  Q4_0: {
    groups: 1,
    integers: { bits: 4, isSigned: true, nibbles: { from: 2, width: 16, runs: 1 } },
    codes: (blocks) => blocks.add(blocks.float(nibbles(blocks, 2)), -8),
    scales: half,
  },
  Q4_1: {
    groups: 1,
    integers: { bits: 4, isSigned: false, nibbles: { from: 4, width: 16, runs: 1 } },
    codes: (blocks) => blocks.float(nibbles(blocks, 4)),
    scales: half,
    offsets: minimum,
  },
  Q5_0: {
    groups: 1,
    integers: { bits: 8, bytes: (blocks) => fiveBits(blocks, 2, FIFTH.signed) },
    codes: (blocks) => blocks.add(blocks.float(fiveBits(blocks, 2)), -16),
    scales: half,
  },
  Q5_1: {
    groups: 1,
    integers: { bits: 8, bytes: (blocks) => fiveBits(blocks, 4, FIFTH.unsigned) },
    codes: (blocks) => blocks.float(fiveBits(blocks, 4)),
    scales: half,
    offsets: minimum,
  },
  Q8_0: {
    groups: 1,
    integers: {
      bits: 8,
      bytes: (blocks) => blocks.graph.op('BitwiseXor', [blocks.bytes(2, 32), blocks.graph.constant([128], 'uint8')]),
    },
    codes: (blocks) => blocks.reshape(blocks.signed(2, 32), [1, 32]),
    scales: half,
  },
  /** llama.cpp's format for activations with K-quants. The sums of groups at the end are not needed. */
  Q8_K: {
    groups: 1,
    codes: (blocks) => blocks.reshape(blocks.signed(4, 256), [1, 256]),
    scales: (blocks) => blocks.single(0),
  },
  /** One bit each: −1 or 1 (ggml-quants.c, `dequantize_row_q1_0`). */
  Q1_0: {
    groups: 1,
    codes: (blocks) => {
      const bytes = blocks.reshape(blocks.bytes(2, 16), [16, 1]);
      const bits = blocks.fields(bytes, { shifts: [0, 1, 2, 3, 4, 5, 6, 7], bits: 1 });
      return blocks.add(blocks.multiply(blocks.float(blocks.reshape(bits, [1, 128])), 2), -1);
    },
    scales: half,
    steps: 2,
  },
  /** Two bits each, minus 1 (ggml-quants.c, `dequantize_row_q2_0`). */
  Q2_0: {
    groups: 1,
    codes: (blocks) => {
      const codes = blocks.fields(blocks.reshape(blocks.bytes(2, 16), [16, 1]), { shifts: [0, 2, 4, 6], bits: 2 });
      return blocks.add(blocks.float(blocks.reshape(codes, [1, 64])), -1);
    },
    scales: half,
  },
  /** −1, 0 and 1, in two bits each. */
  TQ2_0: {
    groups: 1,
    codes: (blocks) => {
      const planes = blocks.planes(blocks.bytes(0, 64), { width: 32, bits: 2, runs: 2 });
      return blocks.add(blocks.float(blocks.reshape(planes, [1, 256])), -1);
    },
    scales: (blocks) => blocks.half(64),
  },
  /** −1, 0 and 1, five per byte: their number in base 3, as a fraction of 256. */
  TQ1_0: {
    groups: 1,
    codes: (blocks) => {
      const part = (from: number, width: number, digits: number) => {
        const found = blocks.lookUp(THIRDS, 5, blocks.bytes(from, width));
        const used = digits === 5 ? found : blocks.slice(found, 2, 0, digits);
        return blocks.reshape(blocks.graph.op('Transpose', [used], { perm: [0, 2, 1] }), [1, width * digits]);
      };
      return blocks.concat([part(0, 32, 5), part(32, 16, 5), part(48, 4, 4)], 2);
    },
    scales: (blocks) => blocks.half(52),
  },
};
