import { UserError } from '@shadow-gate/platform';
import { eachChunk } from '../../tensors/element-bytes.ts';
import type { TensorEntry, Tensors } from '../../tensors/tensor-entry.ts';
import type { TensorSource } from './format.ts';

/** Scales, or their inverses, of layers' inputs and outputs and of the KV cache. */
const SCALE = /(?:^|[._])(?:input|output|activation|act|[qkv]|kv|prob_output)_(?:global_)?scale(?:_ub)?$/;

/** Real ones are between 1e-5 and 1e3, and those of whole tensors at most 2,688 / 1e-3. */
const [LEAST, MOST] = [1e-8, 1e8];

/** @throws UserError for zero, NaN or absurd sizes: servers round by these scales, and would serve another model */
export async function refuseAbsurdScales(tensors: Tensors, { fetch }: Pick<TensorSource, 'fetch'>): Promise<void> {
  const scales = [...tensors.values()].filter(({ name }) => SCALE.test(name));
  await fetch(scales);
  for (const scale of scales) {
    for (const value of await numbersOf(scale)) {
      if (value >= LEAST && value <= MOST) continue;
      throw new UserError(
        `${scale.file}: ${JSON.stringify(scale.name)} is ${value}, by which no activation can be scaled`,
        'calibrate the quantized model again, or give the checkpoint that it was quantized from',
      );
    }
  }
}

async function numbersOf(entry: TensorEntry): Promise<number[]> {
  const numbers: number[] = [];
  const read = READERS[entry.dtype];
  if (read === undefined) {
    const hint = 'quantize the model again, or give the checkpoint that it was quantized from';
    throw new UserError(`${entry.file}: the scale ${JSON.stringify(entry.name)} is ${entry.dtype}`, hint);
  }
  await eachChunk(entry, (bytes) => {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    for (let at = 0; at < bytes.byteLength; at += read.bytes) numbers.push(read.at(view, at));
  });
  return numbers;
}

const READERS: Readonly<
  Record<string, { readonly bytes: number; readonly at: (view: DataView, offset: number) => number }>
> = {
  F64: { bytes: 8, at: (view, offset) => view.getFloat64(offset, true) },
  F32: { bytes: 4, at: (view, offset) => view.getFloat32(offset, true) },
  BF16: { bytes: 2, at: (view, offset) => bfloat16(view.getUint16(offset, true)) },
  F16: { bytes: 2, at: (view, offset) => float16(view.getUint16(offset, true)) },
};

/** bfloat16 is the upper half of float32. */
function bfloat16(bits: number): number {
  return new Float32Array(Uint32Array.of(bits << 16).buffer)[0] ?? Number.NaN;
}

function float16(bits: number): number {
  const [exponent, fraction] = [(bits >> 10) & 31, (bits & 1023) / 1024];
  const sign = bits >> 15 === 0 ? 1 : -1;
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (exponent === 0 ? fraction * 2 ** -14 : (1 + fraction) * 2 ** (exponent - 15));
}
