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

export const VALUE_BYTES: Readonly<Record<NumberType | 'bool', number>> = {
  uint8: 1,
  int8: 1,
  uint16: 2,
  int16: 2,
  uint32: 4,
  int32: 4,
  float32: 4,
  bool: 1,
  uint64: 8,
  int64: 8,
  float64: 8,
};

const READERS: Readonly<Record<NumberType, (bytes: Buffer, offset: number) => number>> = {
  uint8: (bytes, offset) => bytes.readUInt8(offset),
  int8: (bytes, offset) => bytes.readInt8(offset),
  uint16: (bytes, offset) => bytes.readUInt16LE(offset),
  int16: (bytes, offset) => bytes.readInt16LE(offset),
  uint32: (bytes, offset) => bytes.readUInt32LE(offset),
  int32: (bytes, offset) => bytes.readInt32LE(offset),
  float32: (bytes, offset) => bytes.readFloatLE(offset),
  float64: (bytes, offset) => bytes.readDoubleLE(offset),
  uint64: (bytes, offset) => Number(bytes.readBigUInt64LE(offset)),
  int64: (bytes, offset) => Number(bytes.readBigInt64LE(offset)),
};

/** Read a number. Integers of 64 bits beyond 2^53 become the nearest number. */
export function readGgufNumber(bytes: Buffer, type: NumberType, offset: number): number {
  return READERS[type](bytes, offset);
}
