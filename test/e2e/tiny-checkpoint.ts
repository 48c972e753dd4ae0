import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const SIZE = 16;
const MODULES = ['self_attn.q_proj', 'self_attn.o_proj', 'mlp.up_proj', 'mlp.down_proj'];

interface TinyOptions {
  /** Two by default. */
  readonly layers?: number;
  /** Another name for the tensors of layer 0. */
  readonly rename?: (name: string) => string;
  /** What is written over the weights of one tensor. */
  readonly edit?: (name: string, values: Float32Array) => void;
}

/** Names of the tensors of a tiny Llama-like model of two layers. */
export const TINY_NAMES: readonly string[] = namesOf(2);

function namesOf(layers: number): string[] {
  return Array.from({ length: layers }, (_, layer) =>
    MODULES.map((module) => `model.layers.${layer}.${module}.weight`),
  ).flat();
}

/** Write a Hugging Face directory with 16 × 16 matrices, always the same. */
export async function writeTinyCheckpoint(
  folder: string,
  { layers = 2, rename, edit }: TinyOptions = {},
): Promise<string> {
  const random = generator(1);
  const header: Record<string, unknown> = {};
  const data: Uint8Array[] = [];
  for (const [i, name] of namesOf(layers).entries()) {
    const values = Float32Array.from({ length: SIZE * SIZE }, () => random() - 0.5);
    edit?.(name, values);
    const offset = i * values.byteLength;
    header[rename?.(name) ?? name] = {
      dtype: 'F32',
      shape: [SIZE, SIZE],
      data_offsets: [offset, offset + values.byteLength],
    };
    data.push(new Uint8Array(values.buffer));
  }
  const text = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'model.safetensors'), Buffer.concat([length, text, ...data]));
  await writeFile(
    join(folder, 'config.json'),
    JSON.stringify({ model_type: 'llama', architectures: ['LlamaForCausalLM'] }),
  );
  return folder;
}

/** Numbers in [0, 1) that are the same on every machine (mulberry32). */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}
