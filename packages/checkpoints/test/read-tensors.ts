import { readFileSync } from 'node:fs';

interface NumberTensor {
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

/** All tensors of a small safetensors file as numbers. */
export function readTensors(path: string): Map<string, NumberTensor> {
  const file = readFileSync(path);
  const start = 8 + Number(file.readBigUInt64LE(0));
  const { __metadata__: _, ...header } = JSON.parse(file.subarray(8, start).toString('utf8')) as Record<
    string,
    { dtype: string; shape: number[]; data_offsets: [number, number] }
  >;
  return new Map(
    Object.entries(header).map(
      ([
        name,
        {
          dtype,
          shape,
          data_offsets: [from, to],
        },
      ]) => [name, { shape, values: numbersOf(file.subarray(start + from, start + to), dtype) }],
    ),
  );
}

function numbersOf(bytes: Buffer, dtype: string): Float32Array {
  switch (dtype) {
    case 'F32':
      return every(bytes, 4, (at) => bytes.readFloatLE(at));
    case 'I64':
      return every(bytes, 8, (at) => Number(bytes.readBigInt64LE(at)));
    case 'F16':
      return every(bytes, 2, (at) => half(bytes.readUInt16LE(at)));
    case 'BF16':
      return every(bytes, 2, (at) => bfloat16(bytes.readUInt16LE(at)));
    default:
      return new Float32Array(0);
  }
}

function every(bytes: Buffer, size: number, read: (at: number) => number): Float32Array {
  return Float32Array.from({ length: bytes.length / size }, (_, i) => read(i * size));
}

/** IEEE 754 binary16. */
function half(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0x1f) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** The upper half of a float32. */
function bfloat16(bits: number): number {
  const view = new DataView(new ArrayBuffer(4));
  view.setUint16(0, bits);
  return view.getFloat32(0);
}
