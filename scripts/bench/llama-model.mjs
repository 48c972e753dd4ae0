import { mkdir, open, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Llama-shaped models by their number of parameters. */
export const SHAPES = {
  '120M': { hidden: 768, layers: 12, heads: 12, inner: 2048, vocabulary: 24_000 },
  '550M': { hidden: 1536, layers: 16, heads: 24, inner: 4096, vocabulary: 32_000 },
};

/** Write a checkpoint directory with random weights and no tokenizer; returns numbers of parameters. */
export async function writeModel(directory, size, dtype = 'F32') {
  await mkdir(directory);
  const { hidden, layers, heads, inner, vocabulary } = SHAPES[size];
  const shapes = [
    ['model.embed_tokens.weight', [vocabulary, hidden]],
    ['lm_head.weight', [vocabulary, hidden]],
    ['model.norm.weight', [hidden]],
  ];
  for (let i = 0; i < layers; i += 1) {
    const at = `model.layers.${i}`;
    for (const name of ['q_proj', 'k_proj', 'v_proj', 'o_proj'])
      shapes.push([`${at}.self_attn.${name}.weight`, [hidden, hidden]]);
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
    if (name.includes('.layers.')) inLayers += size;
  }
  const json = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  const file = await open(join(directory, 'model.safetensors'), 'w');
  await file.write(length);
  await file.write(json);
  for (const [, shape] of shapes) {
    const data = new Float32Array(shape.reduce((product, n) => product * n, 1));
    for (let i = 0; i < data.length; i += 1) data[i] = shape.length === 1 ? 1 : (Math.random() - 0.5) * 0.07;
    await file.write(width === 4 ? Buffer.from(data.buffer) : upperHalves(data), 0, data.length * width);
  }
  await file.close();
  await writeFile(
    join(directory, 'config.json'),
    JSON.stringify({
      model_type: 'llama',
      hidden_size: hidden,
      intermediate_size: inner,
      num_hidden_layers: layers,
      num_attention_heads: heads,
      vocab_size: vocabulary,
      max_position_embeddings: 2048,
      tie_word_embeddings: false,
    }),
  );
  return { all: offset / width, layers: inLayers, rowsOnly: hidden * hidden + 3 * hidden * inner };
}

/** float32 cut down to bfloat16. */
function upperHalves(data) {
  const halves = new Uint16Array(data.buffer);
  return Buffer.from(Uint16Array.from(data, (_, i) => halves[2 * i + 1]).buffer);
}
