/** Writes GGUF files, also damaged ones: sizes, counts and places can be other than what is there. */

const TYPES = {
  uint8: 0,
  int8: 1,
  uint16: 2,
  int16: 3,
  uint32: 4,
  int32: 5,
  float32: 6,
  bool: 7,
  string: 8,
  array: 9,
  uint64: 10,
  int64: 11,
  float64: 12,
} as const;
type TypeName = keyof typeof TYPES;

export const u32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
};
export const u64 = (value: number | bigint): Buffer => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
};
export const text = (value: string | Buffer): Buffer => {
  const bytes = Buffer.from(value as string);
  return Buffer.concat([u64(bytes.length), bytes]);
};

const scalar = (type: Exclude<TypeName, 'array'>, value: number | string): Buffer => {
  const bytes = Buffer.alloc(8);
  switch (type) {
    case 'string':
      return text(String(value));
    case 'uint8':
    case 'bool':
      return Buffer.from([Number(value)]);
    case 'int8':
      return bytes.subarray(0, bytes.writeInt8(Number(value)));
    case 'uint16':
      return bytes.subarray(0, bytes.writeUInt16LE(Number(value)));
    case 'int16':
      return bytes.subarray(0, bytes.writeInt16LE(Number(value)));
    case 'uint32':
      return u32(Number(value));
    case 'int32':
      return bytes.subarray(0, bytes.writeInt32LE(Number(value)));
    case 'float32':
      return bytes.subarray(0, bytes.writeFloatLE(Number(value)));
    case 'uint64':
      return u64(Number(value));
    case 'int64':
      return bytes.subarray(0, bytes.writeBigInt64LE(BigInt(value)));
    case 'float64':
      return bytes.subarray(0, bytes.writeDoubleLE(Number(value)));
  }
};

/** A key with its value. */
export function pair(key: string, type: Exclude<TypeName, 'array'>, value: number | string): Buffer {
  return Buffer.concat([text(key), u32(TYPES[type]), scalar(type, value)]);
}

/** A key with a list. */
export function list(
  key: string,
  type: Exclude<TypeName, 'array'>,
  values: ReadonlyArray<number | string>,
  count: number | bigint = values.length,
): Buffer {
  const all = values.map((value) => scalar(type, value));
  return Buffer.concat([text(key), u32(TYPES.array), u32(TYPES[type]), u64(count), ...all]);
}

interface WrittenTensor {
  readonly name: string;
  /** Number of its ggml type; 0 is F32. */
  readonly type?: number;
  /** As in the file: fastest axis first. */
  readonly dims: ReadonlyArray<number | bigint>;
  readonly offset?: number | bigint;
  readonly data?: Buffer;
}

export interface WrittenGguf {
  readonly magic?: string;
  readonly version?: number;
  readonly pairs?: readonly Buffer[];
  readonly tensors?: readonly WrittenTensor[];
  readonly tensorCount?: number | bigint;
  readonly pairCount?: number | bigint;
  readonly alignment?: number;
  /** Bytes after the data of the last tensor; by default those up to the next multiple of the alignment. */
  readonly after?: Buffer;
}

export function ggufBytes(written: WrittenGguf): Buffer {
  const { magic = 'GGUF', version = 3, pairs = [], tensors = [], alignment = 32 } = written;
  const padded = (bytes: Buffer) =>
    Buffer.concat([bytes, Buffer.alloc((alignment - (bytes.length % alignment)) % alignment)]);
  let end = 0;
  const infos = tensors.map(
    ({
      name,
      type = 0,
      dims,
      offset = end,
      data = Buffer.alloc(4 * Number(dims.reduce((a, b) => Number(a) * Number(b), 1))),
    }) => {
      end += padded(data).length;
      return { data, head: [text(name), u32(dims.length), ...dims.map(u64), u32(type), u64(offset)] };
    },
  );
  const header = Buffer.concat([
    Buffer.from(magic, 'latin1'),
    u32(version),
    u64(written.tensorCount ?? tensors.length),
    u64(written.pairCount ?? pairs.length),
    ...pairs,
    ...infos.flatMap(({ head }) => head),
  ]);
  const data = infos.map(({ data }, i) => (written.after && i === infos.length - 1 ? data : padded(data)));
  return Buffer.concat([padded(header), ...data, written.after ?? Buffer.alloc(0)]);
}
