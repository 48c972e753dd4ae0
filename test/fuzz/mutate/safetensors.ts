import type { Random } from '@shadow-gate/probes/random';
import { mutateBytes } from './bytes.ts';
import { jsonBytes, mutateJson } from './json.ts';

/** Names of dtypes and tensors that change how a tensor is read. */
const DTYPES = ['F64', 'F32', 'F16', 'BF16', 'F8_E4M3', 'F4', 'I8', 'U8', 'I64', 'U32', 'BOOL', 'C64', 'X1', 'f32', ''];
const NAMES = [
  'model.embed_tokens.weight',
  'lm_head.weight',
  'model.layers.0.self_attn.qkv_proj.weight',
  'model.layers.0.mlp.experts.gate_up_proj',
  'transformer.h.0.attn.c_attn.weight',
  'transformer.h.0.attn.bias',
  'model.layers.999999999999.mlp.up_proj.weight',
  'model.layers.0.self_attn.q_proj.weight_scale',
  'model.layers.0.self_attn.q_proj.lora_a',
  'base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight',
  'lora_unet_down_blocks_0.lora_down.weight',
  '__metadata__',
  '__proto__',
  'a\n::error::b',
];
const SHAPES: ReadonlyArray<readonly number[]> = [
  [],
  [0],
  [0, 5],
  [1],
  [1, 1],
  [2, 8],
  [16, 1],
  [4, 2, 2],
  [2 ** 20, 2 ** 20],
  [2 ** 52, 2],
  [1e7, 1, 1],
  [1, 1, 1, 1, 1, 1, 16],
];

interface Entry {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly data_offsets: readonly [number, number];
}

/** A safetensors file that is nearly right: the header edited as data, as JSON, or as bytes. */
export function mutateSafetensors(file: Uint8Array, random: Random): Uint8Array {
  if (random.int(0, 4) === 0) return mutateBytes(file, random);
  const length = Number(new DataView(file.buffer, file.byteOffset, 8).getBigUint64(0, true));
  const header = JSON.parse(new TextDecoder().decode(file.subarray(8, 8 + length))) as Record<string, Entry>;
  const data = file.subarray(8 + length);
  if (random.int(0, 1) === 0) return join(jsonBytes(mutateJson(header, random), random), data, random);
  const edited = editEntries(header, random);
  return join(new TextEncoder().encode(JSON.stringify(edited)), data, random);
}

/** Edits that keep the format: another name, dtype of the same width, shape of the same size, an empty tensor more. */
function editEntries(header: Record<string, Entry>, random: Random): Record<string, unknown> {
  const names = Object.keys(header).filter((name) => name !== '__metadata__');
  const edited: Record<string, unknown> = { ...header };
  for (let edits = random.int(1, 3); edits > 0 && names.length > 0; edits -= 1) {
    const name = random.pick(names);
    const entry = header[name];
    if (entry === undefined) continue;
    delete edited[name];
    const renamed = random.int(0, 1) === 0 ? random.pick(NAMES) : name;
    const shape = random.int(0, 1) === 0 ? reshape(entry.shape, random) : entry.shape;
    const dtype = random.int(0, 3) === 0 ? random.pick(DTYPES) : entry.dtype;
    edited[renamed] = { ...entry, shape, dtype };
    if (random.int(0, 4) === 0) {
      const [, end] = entry.data_offsets;
      edited[random.pick(NAMES)] = { dtype: random.pick(DTYPES), shape: random.pick(SHAPES), data_offsets: [end, end] };
    }
  }
  return edited;
}

/** Another shape, mostly of the same number of elements. */
function reshape(shape: readonly number[], random: Random): readonly number[] {
  const size = shape.reduce((product, dimension) => product * dimension, 1);
  const half =
    size % 2 === 0
      ? [
          [2, size / 2],
          [size / 2, 2],
          [2, 1, size / 2],
        ]
      : [];
  return random.pick([[size], [1, size], [size, 1], [size, 1, 1], [...shape].reverse(), ...half, random.pick(SHAPES)]);
}

function join(header: Uint8Array, data: Uint8Array, random: Random): Uint8Array {
  const length = new Uint8Array(8);
  const skew = random.int(0, 19) === 0 ? random.pick([-1n, 1n, 2n ** 40n]) : 0n;
  new DataView(length.buffer).setBigUint64(0, BigInt.asUintN(64, BigInt(header.length) + skew), true);
  const rest = random.int(0, 9) === 0 ? data.subarray(0, random.int(0, data.length)) : data;
  return new Uint8Array(Buffer.concat([length, header, rest]));
}
