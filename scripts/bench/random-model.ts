import { mkdir, open, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Models by their number of parameters, Llama-shaped and Qwen3.5-shaped (three of four layers are gated delta nets). */
export const SHAPES = {
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

/** Numbers at a time: larger tensors repeat them. */
const BLOCK = 2 ** 24;

/** Of the hybrid: dimensions of a head in full attention and in a gated delta net, and taps of its convolution. */
const FULL = 256;
const LINEAR = 128;
const KERNEL = 4;

/** Write a checkpoint directory with random weights and no tokenizer; returns numbers of parameters. */
export async function writeModel(directory, size, dtype = 'F32', family = 'llama') {
  await mkdir(directory);
  const shape = SHAPES[family][size];
  const { hidden, layers, inner, vocabulary } = shape;
  const shapes = [
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
  const width = dtype === 'F32' ? 4 : 2;
  const header = {};
  let offset = 0;
  let inLayers = 0;
  for (const [name, shape] of shapes) {
    const size = shape.reduce((product, n) => product * n, 1);
    header[name] = { dtype, shape, data_offsets: [offset, offset + size * width] };
    offset += size * width;
    if (shape.length > 1 && name.includes('.layers.')) inLayers += size;
  }
  const json = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  const file = await open(join(directory, 'model.safetensors'), 'w');
  await file.write(length);
  await file.write(json);
  const bytesOf = (data) => (width === 4 ? Buffer.from(data.buffer) : upperHalves(data));
  const sizes = shapes.map(([, shape]) => shape.reduce((product, n) => product * n, 1));
  const random = bytesOf(Float32Array.from({ length: Math.min(BLOCK, Math.max(...sizes)) }, randomWeight));
  for (const [i, [, shape]] of shapes.entries()) {
    if (shape.length === 1) await file.write(bytesOf(new Float32Array(sizes[i]).fill(1)));
    else await writeRepeated(file, random, sizes[i] * width);
  }
  await file.close();
  await writeFile(
    join(directory, 'config.json'),
    JSON.stringify({
      hidden_size: hidden,
      intermediate_size: inner,
      num_hidden_layers: layers,
      num_attention_heads: shape.heads,
      num_key_value_heads: shape.keyValueHeads ?? shape.heads,
      vocab_size: vocabulary,
      max_position_embeddings: 2048,
      tie_word_embeddings: false,
      ...(family === 'llama' ? { model_type: 'llama' } : hybridConfig(shape)),
    }),
  );
  const output = family === 'llama' ? hidden : shape.heads * FULL;
  return { all: offset / width, layers: inLayers, rowsOnly: output * hidden + 3 * hidden * inner };
}

const randomWeight = () => (Math.random() - 0.5) * 0.07;

async function writeRepeated(file, block, size) {
  for (let left = size; left > 0; left -= block.length) await file.write(block, 0, Math.min(left, block.length));
}

function llamaAttention(at, { hidden, heads, keyValueHeads = heads }) {
  return ['q_proj', 'k_proj', 'v_proj', 'o_proj'].map((name) => {
    const rows = /[kv]/.test(name[0]) ? (hidden / heads) * keyValueHeads : hidden;
    return [`${at}.self_attn.${name}.weight`, [rows, hidden]];
  });
}

function hybridConfig({ keyValueHeads, linearHeads }) {
  return {
    model_type: 'qwen3_5_text',
    num_key_value_heads: keyValueHeads,
    head_dim: FULL,
    linear_num_key_heads: linearHeads,
    linear_num_value_heads: linearHeads,
    linear_key_head_dim: LINEAR,
    linear_value_head_dim: LINEAR,
    linear_conv_kernel_dim: KERNEL,
    full_attention_interval: 4,
  };
}

function hybridMixer(at, i, { hidden, heads, keyValueHeads, linearHeads }) {
  const named = (module, shapes) => Object.entries(shapes).map(([name, shape]) => [`${at}.${module}.${name}`, shape]);
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
function upperHalves(data) {
  const halves = new Uint16Array(data.buffer);
  return Buffer.from(Uint16Array.from(data, (_, i) => halves[2 * i + 1]).buffer);
}
