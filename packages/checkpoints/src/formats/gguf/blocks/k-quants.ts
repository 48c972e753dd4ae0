import type { Value } from '../../../onnx/graph.ts';
import type { BlockFormat, GgufBlocks } from './blocks.ts';

/** Blocks of 256 elements. Groups have scales of 4, 6 or 8 bits, and share a factor in float16. */

/** Scales of 16 groups in the low four bits, minima in the high four. */
function fourBits(blocks: GgufBlocks, shift: 0 | 4): Value {
  const codes = blocks.fields(blocks.bytes(0, 16), { shifts: [shift], bits: 4 });
  return blocks.reshape(blocks.float(codes), [16, 1]);
}

/**
 * Scales or minima of 8 groups, 6 bits each. The 12 bytes from the fifth on have four scales, then four minima, then
 * the low four bits of the other four. The highest two bits of the other four are in the first eight bytes.
 */
function sixBits(blocks: GgufBlocks, what: 'scales' | 'minima'): Value {
  const own = blocks.bytes(what === 'scales' ? 4 : 8, 4);
  const first = blocks.fields(own, { shifts: [0], bits: 6 });
  const low = blocks.fields(blocks.bytes(12, 4), { shifts: [what === 'scales' ? 0 : 4], bits: 4 });
  const others = blocks.join(low, blocks.fields(own, { shifts: [6], bits: 2 }), 4);
  return blocks.reshape(blocks.float(blocks.concat([first, others], 1)), [8, 1]);
}

const scales: BlockFormat['scales'] = (blocks) => blocks.multiply(sixBits(blocks, 'scales'), blocks.half(0));
const offsets: BlockFormat['offsets'] = (blocks) =>
  blocks.negate(blocks.multiply(sixBits(blocks, 'minima'), blocks.half(2)));

const fiveBitCodes: BlockFormat['codes'] = (blocks) => {
  const low = blocks.reshape(blocks.planes(blocks.bytes(48, 128), { width: 32, bits: 4, runs: 4 }), [8, 32]);
  const high = blocks.reshape(blocks.planes(blocks.bytes(16, 32), { width: 32, bits: 1, runs: 1 }), [8, 32]);
  return blocks.float(blocks.join(low, high, 4));
};

const sixBitCodes: BlockFormat['codes'] = (blocks) => {
  const low = blocks.reshape(blocks.planes(blocks.bytes(0, 128), { width: 64, bits: 4, runs: 2 }), [16, 16]);
  const high = blocks.reshape(blocks.planes(blocks.bytes(128, 64), { width: 32, bits: 2, runs: 2 }), [16, 16]);
  return blocks.add(blocks.float(blocks.join(low, high, 4)), -32);
};

export const K_QUANTS: Readonly<Record<string, BlockFormat>> = {
  Q2_K: {
    groups: 16,
    codes: (blocks) => {
      const planes = blocks.planes(blocks.bytes(16, 64), { width: 32, bits: 2, runs: 2 });
      return blocks.reshape(blocks.float(planes), [16, 16]);
    },
    scales: (blocks) => blocks.multiply(fourBits(blocks, 0), blocks.half(80)),
    offsets: (blocks) => blocks.negate(blocks.multiply(fourBits(blocks, 4), blocks.half(82))),
  },
  Q3_K: {
    groups: 16,
    codes: (blocks) => {
      const low = blocks.reshape(blocks.planes(blocks.bytes(32, 64), { width: 32, bits: 2, runs: 2 }), [16, 16]);
      // An unset bit subtracts four.
      const high = blocks.reshape(blocks.planes(blocks.bytes(0, 32), { width: 32, bits: 1, runs: 1 }), [16, 16]);
      return blocks.add(blocks.float(blocks.join(low, high, 2)), -4);
    },
    scales: (blocks) => {
      const low = blocks.planes(blocks.bytes(96, 8), { width: 8, bits: 4, runs: 1 });
      const high = blocks.planes(blocks.bytes(104, 4), { width: 4, bits: 2, runs: 1 });
      const joined = blocks.join(blocks.reshape(low, [16, 1]), blocks.reshape(high, [16, 1]), 4);
      return blocks.multiply(blocks.add(blocks.float(joined), -32), blocks.half(108));
    },
  },
  Q4_K: {
    groups: 8,
    integers: { bits: 4, isSigned: false, nibbles: { from: 16, width: 32, runs: 4 } },
    codes: (blocks) => {
      const planes = blocks.planes(blocks.bytes(16, 128), { width: 32, bits: 4, runs: 4 });
      return blocks.reshape(blocks.float(planes), [8, 32]);
    },
    scales,
    offsets,
  },
  Q5_K: {
    groups: 8,
    integers: { bits: 8, bytes: (blocks) => blocks.biased(fiveBitCodes(blocks)) },
    codes: fiveBitCodes,
    scales,
    offsets,
  },
  Q6_K: {
    groups: 16,
    integers: { bits: 8, bytes: (blocks) => blocks.biased(sixBitCodes(blocks)) },
    codes: sixBitCodes,
    scales: (blocks) => blocks.multiply(blocks.reshape(blocks.signed(192, 16), [16, 1]), blocks.half(208)),
  },
};
