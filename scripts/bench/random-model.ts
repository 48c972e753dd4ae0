import { type FileHandle, mkdir, open, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { safetensorsHeader, sizeOf, WIDTHS } from './safetensors-file.ts';

interface Shape {
  readonly hidden: number;
  readonly layers: number;
  readonly heads: number;
  readonly keyValueHeads?: number;
  readonly linearHeads?: number;
  readonly inner: number;
  readonly vocabulary: number;
}

/**
 * Models by their number of parameters, Llama-shaped and Qwen3.5-shaped (three of four layers are gated delta nets).
 */
const SHAPES = {
  llama: {
    '120M': { hidden: 768, layers: 12, heads: 12, inner: 2048, vocabulary: 24_000 },
    '550M': { hidden: 1536, layers: 16, heads: 24, inner: 4096, vocabulary: 32_000 },
    // The layers of Llama 3.2 1B.
    '1B': { hidden: 2048, layers: 16, heads: 32, keyValueHeads: 8, inner: 8192, vocabulary: 32_000 },
    // As Llama 3.1 8B.
    '8B': { hidden: 4096, layers: 32, heads: 32, keyValueHeads: 8, inner: 14336, vocabulary: 128_256 },
  },
  hybrid: {
    '120M': { hidden: 768, layers: 8, heads: 4, keyValueHeads: 1, linearHeads: 12, inner: 2304, vocabulary: 24_000 },
    '550M': { hidden: 1536, layers: 12, heads: 6, keyValueHeads: 2, linearHeads: 24, inner: 4096, vocabulary: 32_000 },
  },
};

export type Family = keyof typeof SHAPES;

/** Numbers at a time: larger tensors repeat them. */
const BLOCK = 2 ** 24;

/** The hybrid: dimensions of a head in full attention and in a gated delta net, and taps of its convolution. */
const FULL = 256;
const LINEAR = 128;
const KERNEL = 4;

/** A model to write. */
interface RandomModel {
  readonly size: string;
  readonly dtype?: 'F32' | 'BF16';
  readonly family?: Family;
}

/** Numbers of parameters. */
export interface Parameters {
  readonly all: number;
  readonly layers: number;
  /** In the output matrix. */
  readonly output: number;
  /** In the last layer, those that run for the scored positions alone. */
  readonly rowsOnly: number;
}

/** @throws Error for a family or a size that is not in `SHAPES` */
export function shapeOf(family: string, size: string): Shape {
  const sizes: Readonly<Record<string, Readonly<Record<string, Shape>>>> = SHAPES;
  const shape = sizes[family]?.[size];
  if (shape === undefined) throw new Error(`no ${family} of ${size}: see ${Object.keys(SHAPES).join(', ')} in SHAPES`);
  return shape;
}

export type NamedShape = readonly [string, readonly number[]];

/**
 * The tensors and the config.json of a model without weights.
 * @throws Error for a family or a size that is not in `SHAPES`
 */
export function modelOf(
  size: string,
  family: Family = 'llama',
): { readonly shapes: readonly NamedShape[]; readonly config: string } {
  const shape = shapeOf(family, size);
  const { hidden, layers, inner, vocabulary, heads, keyValueHeads = heads } = shape;
  const shapes: NamedShape[] = [
    ['model.embed_tokens.weight', [vocabulary, hidden]],
    ['lm_head.weight', [vocabulary, hidden]],
    ['model.norm.weight', [hidden]],
  ];
  for (let i = 0; i < layers; i += 1) {
    const at = `model.layers.${i}`;
    shapes.push(...(family === 'llama' ? llamaAttention(at, shape) : hybridMixer(at, i, shape)));
    for (const name of ['gate_proj', 'up_proj']) shapes.push([`${at}.mlp.${name}.weight`, [inner, hidden]]);
    shapes.push([`${at}.mlp.down_proj.weight`, [hidden, inner]]);
    for (const name of ['input_layernorm', 'post_attention_layernorm']) shapes.push([`${at}.${name}.weight`, [hidden]]);
  }
  const config = JSON.stringify({
    hidden_size: hidden,
    intermediate_size: inner,
    num_hidden_layers: layers,
    num_attention_heads: heads,
    num_key_value_heads: keyValueHeads,
    vocab_size: vocabulary,
    max_position_embeddings: 2048,
    tie_word_embeddings: false,
    ...(family === 'llama' ? { model_type: 'llama' } : hybridConfig(shape)),
  });
  return { shapes, config };
}

/** Write a checkpoint directory with random weights and no tokenizer. */
export async function writeModel(
  directory: string,
  { size, dtype = 'F32', family = 'llama' }: RandomModel,
): Promise<Parameters> {
  await mkdir(directory);
  const { shapes, config } = modelOf(size, family);
  const { hidden, inner, heads } = shapeOf(family, size);
  const { bytes } = safetensorsHeader(shapes.map(([name, shape]) => ({ name, dtype, shape })));
  const file = await open(join(directory, 'model.safetensors'), 'w');
  await file.write(bytes);
  const stored = (data: Float32Array) => (dtype === 'F32' ? Buffer.from(data.buffer) : upperHalves(data));
  const largest = Math.max(...shapes.map(([, shape]) => sizeOf(shape)));
  const random = stored(Float32Array.from({ length: Math.min(BLOCK, largest) }, randomWeight));
  for (const [, shape] of shapes) {
    if (shape.length === 1) await file.write(stored(new Float32Array(sizeOf(shape)).fill(1)));
    else await writeRepeated(file, random, sizeOf(shape) * WIDTHS[dtype]);
  }
  await file.close();
  await writeFile(join(directory, 'config.json'), config);
  const output = family === 'llama' ? hidden : heads * FULL;
  const total = (some: readonly NamedShape[]) => some.reduce((sum, [, shape]) => sum + sizeOf(shape), 0);
  return {
    all: total(shapes),
    layers: total(shapes.filter(([name, shape]) => shape.length > 1 && name.includes('.layers.'))),
    output: total(shapes.filter(([name]) => name === 'lm_head.weight')),
    rowsOnly: output * hidden + 3 * hidden * inner,
  };
}

/** Ids below the size of a vocabulary. */
export function randomTokens(count: number, vocabulary: number): number[] {
  return Array.from({ length: count }, () => Math.floor(Math.random() * vocabulary));
}

const randomWeight = () => (Math.random() - 0.5) * 0.07;

async function writeRepeated(file: FileHandle, block: Buffer, size: number): Promise<void> {
  for (let left = size; left > 0; left -= block.length) await file.write(block, 0, Math.min(left, block.length));
}

function llamaAttention(at: string, { hidden, heads, keyValueHeads = heads }: Shape): NamedShape[] {
  return ['q_proj', 'k_proj', 'v_proj', 'o_proj'].map((name) => {
    const rows = /^[kv]/.test(name) ? (hidden / heads) * keyValueHeads : hidden;
    return [`${at}.self_attn.${name}.weight`, [rows, hidden]];
  });
}

function hybridConfig({ linearHeads = 0 }: Shape) {
  return {
    model_type: 'qwen3_5_text',
    head_dim: FULL,
    linear_num_key_heads: linearHeads,
    linear_num_value_heads: linearHeads,
    linear_key_head_dim: LINEAR,
    linear_value_head_dim: LINEAR,
    linear_conv_kernel_dim: KERNEL,
    full_attention_interval: 4,
  };
}

function hybridMixer(
  at: string,
  i: number,
  { hidden, heads, keyValueHeads = heads, linearHeads = 0 }: Shape,
): NamedShape[] {
  const named = (module: string, shapes: Readonly<Record<string, readonly number[]>>) =>
    Object.entries(shapes).map(([name, shape]): NamedShape => [`${at}.${module}.${name}`, shape]);
  if (i % 4 === 3) {
    return named('self_attn', {
      'q_proj.weight': [2 * heads * FULL, hidden],
      'k_proj.weight': [keyValueHeads * FULL, hidden],
      'v_proj.weight': [keyValueHeads * FULL, hidden],
      'o_proj.weight': [hidden, heads * FULL],
      'q_norm.weight': [FULL],
      'k_norm.weight': [FULL],
    });
  }
  const width = linearHeads * LINEAR;
  return named('linear_attn', {
    'in_proj_qkv.weight': [3 * width, hidden],
    'in_proj_z.weight': [width, hidden],
    'in_proj_b.weight': [linearHeads, hidden],
    'in_proj_a.weight': [linearHeads, hidden],
    'conv1d.weight': [3 * width, 1, KERNEL],
    A_log: [linearHeads],
    dt_bias: [linearHeads],
    'norm.weight': [LINEAR],
    'out_proj.weight': [hidden, width],
  });
}

/** float32 cut down to bfloat16. */
function upperHalves(data: Float32Array): Buffer {
  const halves = new Uint16Array(data.buffer);
  return Buffer.from(Uint16Array.from(data, (_, i) => halves[2 * i + 1] ?? 0).buffer);
}
