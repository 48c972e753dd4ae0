import { writeFileSync } from 'node:fs';

export interface RawTensor {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly data: Uint8Array;
}

/** The bytes of a safetensors file, with any header. */
export function safetensorsBytes(header: unknown, data: Uint8Array): Buffer {
  const text = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  return Buffer.concat([length, text, data]);
}

/** Write a valid safetensors file. */
export function writeSafetensors(path: string, tensors: Readonly<Record<string, RawTensor>>): void {
  const header: Record<string, unknown> = {};
  const blobs: Uint8Array[] = [];
  let offset = 0;
  for (const [name, { dtype, shape, data }] of Object.entries(tensors)) {
    header[name] = { dtype, shape, data_offsets: [offset, offset + data.byteLength] };
    offset += data.byteLength;
    blobs.push(data);
  }
  writeFileSync(path, safetensorsBytes(header, Buffer.concat(blobs)));
}

export function float32(shape: readonly number[], values: readonly number[]): RawTensor {
  return { dtype: 'F32', shape, data: new Uint8Array(Float32Array.from(values).buffer) };
}
