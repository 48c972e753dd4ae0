import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openCheckpoint } from '@shadow-gate/checkpoints';
import { describe, expect, it } from 'vitest';
import { editTensor, renameTensors } from '../../packages/checkpoints/test/edit-tensor.ts';
import { float32, writeSafetensors } from '../../packages/checkpoints/test/write-safetensors.ts';
import { refuseMisread } from '../../src/measure/refuse-misread.ts';
import { runCli } from '../cli/run-cli.ts';
import { fixture, readJson, temporaryFolder } from '../fixtures.ts';

function copyOf(name: string, config: Readonly<Record<string, unknown>> = {}): string {
  const folder = join(temporaryFolder(), 'model');
  cpSync(fixture(name), folder, { recursive: true });
  const file = join(folder, 'config.json');
  writeFileSync(file, JSON.stringify({ ...readJson<object>(file), ...config }));
  return folder;
}

const look = async (folder: string) => refuseMisread(await openCheckpoint(folder));

describe('two tensors that are one parameter, of which transformers loads one over the other', () => {
  const NAME = 'model.embed_tokens.weight';

  it.each([
    ['embed_tokens.weight', NAME],
    ['layers.0.mlp.up_proj.weight', 'model.layers.0.mlp.up_proj.weight'],
    ['model.lm_head.weight', 'lm_head.weight'],
    ['transformer.model.embed_tokens.weight', NAME],
    ['model.language_model.embed_tokens.weight', NAME],
    ['encoder.LayerNorm.gamma', 'model.encoder.LayerNorm.weight'],
  ])('are refused by name: %s', async (other, name) => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'config.json'), '{"model_type": "llama"}');
    const tensors = { [name]: float32([2, 2], [1, 2, 3, 4]), [other]: float32([2, 2], [4, 3, 2, 1]) };
    writeSafetensors(join(folder, 'model.safetensors'), tensors);
    const [one, two] = [name, other].sort();
    await expect(look(folder)).rejects.toThrow(
      `${folder} has the tensors "${one}" and "${two}", which are one parameter: programs differ in which of them they load`,
    );
    const out = join(temporaryFolder(), 'out.json');
    const { code, stderr } = await runCli('measure', '--checkpoint', folder, '--only', 'spectra', '--out', out);
    expect([code, stderr]).toEqual([2, expect.stringContaining('which are one parameter')]);
  });

  it('are not those of layers, towers and experts', async () => {
    for (const name of ['llava', 'mixtral', 'gpt2', 'llama-f32']) await look(fixture(name));
    const folder = copyOf('llama-f32');
    renameTensors(join(folder, 'model.safetensors'), (name) => name.replace(/^model\./, ''));
    await look(folder);
  });
});

it('a config that names the file of weights is refused: transformers loads that one, and vLLM the usual one', async () => {
  const folder = copyOf('llama-f32', { transformers_weights: 'other/zzz.safetensors' });
  await expect(look(folder)).rejects.toThrow('"transformers_weights" of config.json is "other/zzz.safetensors"');
  await look(copyOf('llama-f32', { transformers_weights: null }));
});

describe("weights beyond float16's range", () => {
  const NAME = 'model.layers.0.mlp.down_proj.weight';
  const withNumber = (value: number, config: Readonly<Record<string, unknown>>) => {
    const folder = copyOf('llama-f32', config);
    editTensor(join(folder, 'model.safetensors'), NAME, (values) => {
      values[0] = value;
    });
    return folder;
  };

  // transformers 5.24 loads 65519 as 65504 and 65520 as Inf: all its logits are NaN then.
  it.each([
    [65520, { dtype: 'float16' }],
    [-1e5, { torch_dtype: 'float16' }],
    [1e30, { text_config: { dtype: 'float16' } }],
    // transformers 5.24 loads float16 here, and bfloat16 for the object below.
    [1e5, { dtype: { '': 'float16' } }],
  ])('are refused by name where config.json asks for float16: %d', async (value, config) => {
    await expect(look(withNumber(value, config))).rejects.toThrow(
      `tensor "${NAME}" (F32) has numbers beyond 65504, the largest of float16, and "dtype" of config.json is float16`,
    );
  });

  it.each([
    [65519, { dtype: 'float16' }],
    [1e-12, { dtype: 'float16' }],
    [1e5, { dtype: 'bfloat16' }],
    [1e5, { torch_dtype: 'float32' }],
    [1e5, { dtype: { '': 'bfloat16', vision_config: 'float32' } }],
    // Found by itself, in whatever dtype it is loaded.
    [Number.POSITIVE_INFINITY, { dtype: 'float16' }],
  ])('are all that is refused: %d %j', async (value, config) => {
    await look(withNumber(value, config));
  });

  it('are looked for in bfloat16 too', async () => {
    const folder = copyOf('llama-bf16', { dtype: 'float16' });
    await look(folder);
    const file = join(folder, 'model.safetensors');
    const bytes = readFileSync(file);
    // 2¹⁶ in the last tensor.
    bytes.writeUInt16LE(0x4780, bytes.length - 2);
    writeFileSync(file, bytes);
    await expect(look(folder)).rejects.toThrow('(BF16) has numbers beyond 65504');
  });
});

describe('a file that tells of codes next to plain weights', () => {
  const say = (file: string, content: unknown) => {
    const folder = copyOf('llama-bf16');
    writeFileSync(join(folder, file), JSON.stringify(content));
    return folder;
  };

  it.each<[string, unknown]>([
    ['hf_quant_config.json', { quantization: { quant_algo: 'FP8', kv_cache_quant_algo: 'FP8' } }],
    // vLLM makes it the quantization_config, whatever it is.
    ['hf_quant_config.json', { anything: 1 }],
    ['quantize_config.json', { bits: 4, group_size: 128 }],
    ['quant_config.json', { w_bit: 4, q_group_size: 128, zero_point: true }],
  ])('is refused: %s with %j', async (file, content) => {
    await expect(look(say(file, content))).rejects.toThrow(`${file} says that the weights are quantized, and they are`);
  });

  it('is not what Transformers.js writes, nor what is next to codes', async () => {
    await look(say('quantize_config.json', { per_channel: true, reduce_range: true, per_model_config: {} }));
    await look(fixture('quantized', 'nvfp4-modelopt'));
  });
});

describe("Mistral's params.json, which vLLM reads in place of config.json next to consolidated.safetensors", () => {
  const RELEASED = readJson<Record<string, Readonly<Record<string, unknown>>>>(fixture('released-configs.json'));
  const SIZES = { dim: 4096, n_layers: 4, head_dim: 128, hidden_dim: 14336, n_heads: 32, n_kv_heads: 8 };
  const V3 = { ...SIZES, norm_eps: 1e-5, vocab_size: 32768, rope_theta: 1e6 };
  const VISION = { hidden_size: 1024, num_attention_heads: 16, num_hidden_layers: 24, spatial_merge_size: 2 };
  const SMALL = { dim: 5120, hidden_dim: 32768, vocab_size: 131072, rope_theta: 1e9, max_seq_len: 131072 };
  const length = { original_max_position_embeddings: 16384 };
  const MINISTRAL = {
    ...{ ...V3, vocab_size: 131072, tied_embeddings: false, sliding_window: null, vision_encoder: VISION },
    yarn: { ...length, factor: 16, apply_scale: false, beta: 32, alpha: 1 },
    llama_4_scaling: { ...length, beta: 0.1 },
  };

  const latent = { q_lora_rank: 1024, qk_rope_head_dim: 64, qk_nope_head_dim: 64, kv_lora_rank: 256, v_head_dim: 128 };
  const SMALL_4 = {
    ...{ ...V3, ...latent, vocab_size: 131072, hidden_dim: 12288, n_kv_heads: 32, norm_eps: 1e-6, rope_theta: 10000 },
    moe: { num_experts: 128, num_experts_per_tok: 4, num_shared_experts: 1, expert_hidden_dim: 2048, route_every_n: 1 },
    yarn: { original_max_position_embeddings: 8192, factor: 128, apply_scale: false, beta: 32, alpha: 1 },
    llama_4_scaling: { original_max_position_embeddings: 8192, beta: 0.1 },
    vision_encoder: VISION,
  };

  /** A folder as Mistral's, with a config.json that it published and as little of weights as possible. */
  function folderOf(config: unknown, params: unknown, weights = 'consolidated.safetensors'): string {
    const folder = temporaryFolder();
    for (const [file, content] of Object.entries({ 'config.json': config, 'params.json': params })) {
      // A float, as it is published.
      const text = JSON.stringify(content).replace('"routed_scaling_factor":1,', '"routed_scaling_factor":1.0,');
      writeFileSync(join(folder, file), text);
    }
    for (const file of ['model.safetensors', weights])
      writeSafetensors(join(folder, file), { 'model.norm.weight': float32([2], [1, 1]) });
    return folder;
  }

  it.each<[string, Readonly<Record<string, unknown>>]>([
    ['Mistral-7B-v0.3', V3],
    ['Mistral-Small-3.2', { ...V3, ...SMALL, vision_encoder: VISION }],
    ['Ministral-3-8B', MINISTRAL],
    ['Mistral-Small-4', SMALL_4],
  ])('describes the model of the config.json next to it: %s', async (name, params) => {
    await look(folderOf(RELEASED[name], params));
  });

  it('is that of the config.json of Mixtral, and not with other experts', async () => {
    const experts = { model_type: 'mixtral', num_local_experts: 8, num_experts_per_tok: 2 };
    const config = { ...RELEASED['Mistral-7B-v0.3'], ...experts, rms_norm_eps: undefined };
    const moe = { num_experts: 8, num_experts_per_tok: 2 };
    // 1e-5 where it is not stated, as in MixtralConfig.
    await look(folderOf(config, { ...V3, moe }));
    for (const change of [{ hidden_dim: 7168 }, { moe: { ...moe, num_experts_per_tok: 1 } }])
      await expect(look(folderOf(config, { ...V3, moe, ...change }))).rejects.toThrow('describe other models');
  });

  it('may have a window that no text is longer than, which config.json has otherwise (Ministral 8B)', async () => {
    const config = { ...RELEASED['Mistral-7B-v0.3'], max_position_embeddings: 32768, sliding_window: 32768 };
    await look(folderOf(config, V3));
    await look(folderOf(config, { ...V3, sliding_window: [null, 32768, 32768, 32768] }));
    await look(folderOf(config, { ...V3, max_seq_len: 32768, _sliding_window: [null, 32768, 32768, 32768] }));
  });

  it.each<[string, Readonly<Record<string, unknown>>, string]>([
    ['norms', { norm_eps: 0.9 }, 'epsilon: 0.9, not 0.00001'],
    ['positions', { rope_theta: 1 }, 'they describe other models (layers.0.mixer.rope.frequencies.1: 1, not 0.8'],
    ['windows', { sliding_window: 16 }, 'mixer.window: 16, not null'],
    ['experts', { moe: { num_experts: 8, num_experts_per_tok: 2 } }, 'they describe other models'],
    ['codes', { quantization: { qformat_weight: 'fp8_e4m3' } }, 'only one of them says that weights are quantized'],
    ['missing sizes', { norm_eps: undefined }, 'it has not all of the sizes'],
    ['an unknown key', { attention_sinks: 4 }, 'the meaning of "attention_sinks" is not known'],
  ])('is refused for other %s', async (_, change, message) => {
    const folder = folderOf(RELEASED['Mistral-7B-v0.3'], { ...V3, ...change });
    await expect(look(folder)).rejects.toThrow(message);
    await expect(look(folder)).rejects.toThrow(`vLLM reads params.json in place of config.json`);
    // No program reads it there.
    await look(folderOf(RELEASED['Mistral-7B-v0.3'], { ...V3, ...change }, 'model.fp32.safetensors'));
  });
});
