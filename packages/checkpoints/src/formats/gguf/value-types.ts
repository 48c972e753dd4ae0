/** Types of values in a GGUF header, by number (https://github.com/ggml-org/ggml/blob/master/docs/gguf.md). */
export const VALUE_TYPES = [
  'uint8',
  'int8',
  'uint16',
  'int16',
  'uint32',
  'int32',
  'float32',
  'bool',
  'string',
  'array',
  'uint64',
  'int64',
  'float64',
] as const;

export type ValueType = (typeof VALUE_TYPES)[number];
export type NumberType = Exclude<ValueType, 'bool' | 'string' | 'array'>;

interface FixedSize {
  readonly size: number;
  readonly read: (bytes: Buffer, offset: number) => number;
}

/** Integers of 64 bits beyond 2^53 become the nearest number. */
export const FIXED_SIZE: Readonly<Record<NumberType | 'bool', FixedSize>> = {
  uint8: { size: 1, read: (bytes, offset) => bytes.readUInt8(offset) },
  int8: { size: 1, read: (bytes, offset) => bytes.readInt8(offset) },
  uint16: { size: 2, read: (bytes, offset) => bytes.readUInt16LE(offset) },
  int16: { size: 2, read: (bytes, offset) => bytes.readInt16LE(offset) },
  uint32: { size: 4, read: (bytes, offset) => bytes.readUInt32LE(offset) },
  int32: { size: 4, read: (bytes, offset) => bytes.readInt32LE(offset) },
  float32: { size: 4, read: (bytes, offset) => bytes.readFloatLE(offset) },
  bool: { size: 1, read: (bytes, offset) => bytes.readUInt8(offset) },
  uint64: { size: 8, read: (bytes, offset) => Number(bytes.readBigUInt64LE(offset)) },
  int64: { size: 8, read: (bytes, offset) => Number(bytes.readBigInt64LE(offset)) },
  float64: { size: 8, read: (bytes, offset) => bytes.readDoubleLE(offset) },
};
