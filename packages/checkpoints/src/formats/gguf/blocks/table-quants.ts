import type { Value } from '../../../onnx/graph.ts';
import { FP4_VALUES } from '../../quantized/mxfp4.ts';
import { distinctSteps, powersOfTwo } from '../../quantized/tables.ts';
import type { BlockFormat, GgufBlocks } from './blocks.ts';

/** Codes of four bits that index a table. */

/** IQ4_NL and IQ4_XS: levels for normally distributed weights. */
const NORMAL = [-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113];

/** uint8 [n, groups, width]: in each group all low nibbles, then the high ones. */
type Nibbles = (blocks: GgufBlocks) => Value;

function tableCodes(table: readonly number[], nibbles: Nibbles): Pick<BlockFormat, 'codes' | 'steps'> {
  return {
    codes: (blocks) => blocks.lookUp(table, 1, nibbles(blocks)),
    steps: (blocks) => blocks.lookUp(distinctSteps(table), 1, nibbles(blocks)),
  };
}

const grouped =
  (from: number, groups: number, width: number): Nibbles =>
  (blocks) => {
    const bytes = blocks.bytes(from, (groups * width) / 2);
    return blocks.reshape(blocks.planes(bytes, { width: width / 2, bits: 4, runs: groups }), [groups, width]);
  };

/** 2^(s − 128) of each byte s, including 255, which is NaN elsewhere. */
const HALF_POWERS = powersOfTwo().map((_, s) => 2 ** (s - 128));

/** Half of each byte as E4M3 without a sign; the code of NaN is 0. */
const HALF_SCALES = Array.from({ length: 256 }, (_, byte) => {
  const [exponent, mantissa] = [(byte >> 3) & 15, byte & 7];
  if (byte === 0x7f) return 0;
  return (exponent === 0 ? mantissa * 2 ** -9 : (1 + mantissa / 8) * 2 ** (exponent - 7)) / 2;
});

function doubled(values: readonly number[]): number[] {
  // No negative zeros: ggml's table has integers.
  return values.map((value) => 2 * value + 0);
}

export const TABLE_QUANTS: Readonly<Record<string, BlockFormat>> = {
  IQ4_NL: {
    groups: 1,
    ...tableCodes(NORMAL, grouped(2, 1, 32)),
    scales: (blocks) => blocks.half(0),
  },
  IQ4_XS: {
    groups: 8,
    ...tableCodes(NORMAL, grouped(8, 8, 32)),
    scales: (blocks) => {
      const low = blocks.fields(blocks.reshape(blocks.bytes(4, 4), [4, 1]), { shifts: [0, 4], bits: 4 });
      const high = blocks.fields(blocks.reshape(blocks.bytes(2, 2), [2, 1]), { shifts: [0, 2, 4, 6], bits: 2 });
      const joined = blocks.join(blocks.reshape(low, [8, 1]), blocks.reshape(high, [8, 1]), 4);
      return blocks.multiply(blocks.add(blocks.float(joined), -32), blocks.half(0));
    },
  },
  /** ggml doubles the numbers of the format and halves the scales: the products are the same. */
  MXFP4: {
    groups: 1,
    ...tableCodes(doubled(FP4_VALUES), grouped(1, 1, 32)),
    scales: (blocks) => blocks.reshape(blocks.lookUp(HALF_POWERS, 1, blocks.bytes(0, 1)), [1, 1]),
  },
  NVFP4: {
    groups: 4,
    ...tableCodes(doubled(FP4_VALUES), grouped(4, 4, 16)),
    scales: (blocks) => blocks.reshape(blocks.lookUp(HALF_SCALES, 1, blocks.bytes(0, 4)), [4, 1]),
  },
};
