interface TensorShape {
  readonly name: string;
  readonly dtype: 'F32' | 'BF16';
  readonly shape: readonly number[];
}

/** Bytes of a number. */
export const WIDTHS = { F32: 4, BF16: 2 } as const;

export const sizeOf = (shape: readonly number[]): number => shape.reduce((product, n) => product * n, 1);

/**
 * What a safetensors file begins with: the data of these tensors follows, in this order.
 * @returns `offsets`: where each tensor begins in the file; `end`: the length of the file
 */
export function safetensorsHeader(tensors: readonly TensorShape[]): {
  readonly bytes: Buffer;
  readonly offsets: readonly number[];
  readonly end: number;
} {
  let end = 0;
  const entries = tensors.map(({ name, dtype, shape }) => {
    const start = end;
    end += sizeOf(shape) * WIDTHS[dtype];
    return [name, { dtype, shape, data_offsets: [start, end] }] as const;
  });
  const json = JSON.stringify(Object.fromEntries(entries));
  const text = Buffer.from(json.padEnd(Math.ceil(json.length / 8) * 8));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  const bytes = Buffer.concat([length, text]);
  return {
    bytes,
    offsets: entries.map(([, { data_offsets }]) => bytes.length + (data_offsets[0] ?? 0)),
    end: bytes.length + end,
  };
}
