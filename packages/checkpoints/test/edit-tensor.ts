import { readFileSync, writeFileSync } from 'node:fs';
import { safetensorsBytes } from './write-safetensors.ts';

/** Change one float32 tensor of a safetensors file in place. */
export function editTensor(
  file: string,
  name: string,
  edit: (values: Float32Array, shape: readonly number[]) => void,
): void {
  const bytes = readFileSync(file);
  const headerLength = Number(bytes.readBigUInt64LE(0));
  const header = JSON.parse(bytes.toString('utf8', 8, 8 + headerLength)) as Record<
    string,
    { dtype: string; shape: number[]; data_offsets: [number, number] }
  >;
  const tensor = header[name];
  if (tensor?.dtype !== 'F32') throw new Error(`${name} is not a float32 tensor of ${file}`);
  const [begin, end] = tensor.data_offsets.map((offset) => offset + 8 + headerLength) as [number, number];
  const values = new Float32Array(Uint8Array.prototype.slice.call(bytes, begin, end).buffer);
  edit(values, tensor.shape);
  Buffer.from(values.buffer).copy(bytes, begin);
  writeFileSync(file, bytes);
}

/** Rename the tensors of a safetensors file. */
export function renameTensors(file: string, rename: (name: string) => string): void {
  const bytes = readFileSync(file);
  const headerLength = Number(bytes.readBigUInt64LE(0));
  const header = JSON.parse(bytes.toString('utf8', 8, 8 + headerLength)) as Record<string, unknown>;
  const renamed = Object.fromEntries(Object.entries(header).map(([name, entry]) => [rename(name), entry]));
  writeFileSync(file, safetensorsBytes(renamed, bytes.subarray(8 + headerLength)));
}
