import { describeDecoder } from '@shadow-gate/language-model';
import { UserError } from '@shadow-gate/platform';
import { describe, expect, it } from 'vitest';
import { readJson } from '../../../../test/fixtures.ts';
import { LANGUAGE_MODELS, languageModel } from '../../../../test/language-models.ts';
import { attentionMixers, type Norm } from '../../src/architectures/decoder.ts';
import { MODEL_FAMILIES } from '../../src/architectures/families/index.ts';
import { checkpointOf } from './checkpoint-of.ts';

const decoderOf = (config: Record<string, unknown>) => describeDecoder(checkpointOf(config));
const configOf = (name: string) => readJson<Record<string, unknown>>(`${languageModel(name)}/config.json`);
const windows = (config: Record<string, unknown>) => attentionMixers(decoderOf(config)).map(({ window }) => window);

function expectRefused(config: Record<string, unknown> | null, pattern: RegExp): void {
  const run = () => describeDecoder(checkpointOf(config));
  expect(run).toThrow(UserError);
  expect(run).toThrow(pattern);
}

describe('describeDecoder', () => {
  it('names an unknown model type, and all supported ones', () => {
    expectRefused(
      { model_type: 'mamba' },
      /^\/m\/config\.json: model_type "mamba" is not supported — use a model of a supported type: /,
    );
    for (const { modelType } of MODEL_FAMILIES) {
      expectRefused({ model_type: 'mamba' }, new RegExp(`(: |, )${modelType}(,|$)`));
    }
    expectRefused({ model_type: 'mamba' }, /gemma3, .*idefics3, .*llava, .*qwen2_5_vl/);
    // A property name of JavaScript objects is not a family.
    expectRefused({ model_type: 'constructor' }, /"constructor" is not supported/);
  });

  it('names a key that may have been meant', () => {
    const { rms_norm_eps: _, ...config } = configOf('llama');
    expectRefused(
      { ...config, rms_norm_epsilon: 1e-5 },
      /"rms_norm_epsilon": [^ ]+ \(rms_norm_eps\?\) may change what llama/,
    );
    expectRefused({ ...config, logit_scale: 2 }, /"logit_scale": 2 may change what llama computes/);
  });

  it('needs a config with a model type', () => {
    expectRefused(null, /\/m has no config\.json/);
    expectRefused({}, /config\.json has no model_type/);
    expectRefused({ model_type: 7 }, /config\.json has no model_type/);
  });

  it('has the defaults of the model classes: GPT-2 small (Radford et al. 2019), Llama 7B (arXiv 2302.13971)', () => {
    const gpt2 = decoderOf({ model_type: 'gpt2' });
    expect(gpt2).toMatchObject({ vocabulary: 50257, hidden: 768, maxLength: 1024, head: { tied: true } });
    expect(gpt2.layers).toHaveLength(12);
    expect(gpt2.layers[0]?.mixer).toMatchObject({ heads: 12, headDim: 64 });
    const llama = decoderOf({ model_type: 'llama' });
    expect(llama).toMatchObject({ vocabulary: 32000, hidden: 4096, head: { tied: false } });
    expect(llama.layers).toHaveLength(32);
    expect(llama.layers[0]?.mlp).toMatchObject({ kind: 'gated', activation: 'silu', up: { output: 11008 } });
  });

  // Configs of real checkpoints have many more keys than the fixtures.
  it.each(LANGUAGE_MODELS)('ignores keys about training and generation: %s', (name) => {
    const more = {
      _name_or_path: 'x',
      _attn_implementation_autoset: true,
      attention_dropout: 0.1,
      bos_token_id: 1,
      eos_token_id: [2, 3],
      initializer_range: 0.02,
      pretraining_tp: 1,
      transformers_version: '4.40.0',
      unsloth_fixed: true,
      use_cache: true,
      quantization_config: null,
    };
    // JSON leaves out the functions that name experts, which are never equal.
    const data = (config: Record<string, unknown>) => JSON.stringify(decoderOf(config));
    expect(data({ ...more, ...configOf(name) })).toBe(data(configOf(name)));
  });

  it.each<[string, Record<string, unknown>]>([
    // h2oGPT and Dolly: a custom pipeline around GPT-NeoX.
    ['gpt_neox', { custom_pipelines: { 'text-generation': { impl: 'a.B', pt: 'AutoModelForCausalLM' } } }],
    // Pixtral, whose text model is Mistral: a note of transformers 4.45 on the composition of configs.
    ['mistral', { is_composition: true }],
    // Minitron: the size of heads in the training code.
    ['nemotron', { kv_channels: 128 }],
    ['phi', { head_dim: 64 }],
    ['bloom', { bias_dropout_fusion: true, masked_softmax_fusion: true, offset_alibi: 100, skip_bias_add: true }],
    ['gptj', { rotary: true, scale_attn_weights: true }],
    ['gpt_bigcode', { inference_runner: 0, pad_key_length: true, validate_runner_input: true, num_key_value_heads: 1 }],
    ['cohere2', { order_of_interleaved_layers: 'local_attn_first', rotary_pct: 1, use_gated_activation: true }],
  ])('ignores keys of some checkpoints on the Hub: %s', (model_type, more) => {
    expect(decoderOf({ model_type, ...more })).toEqual(decoderOf({ model_type }));
  });

  it.each(LANGUAGE_MODELS)('refuses an unknown key, which may change the arithmetic: %s', (name) => {
    const config = configOf(name);
    const text = config.text_config as Record<string, unknown> | undefined;
    const more = { mystery_multiplier: 2 };
    expectRefused(
      text ? { ...config, text_config: { ...text, ...more } } : { ...config, ...more },
      /"mystery_multiplier": 2 may change what \w+ computes, and is not supported/,
    );
  });

  it.each<[string, Record<string, unknown>, RegExp]>([
    [
      'heads that do not share keys',
      { model_type: 'llama', num_key_value_heads: 5 },
      /32 attention heads cannot share 5/,
    ],
    ['no key-value heads', { model_type: 'llama', num_key_value_heads: 0 }, /cannot share 0 key-value heads/],
    ['a width that the heads do not divide', { model_type: 'llama', hidden_size: 100 }, /100 is not a multiple of 32/],
    ['an unknown activation', { model_type: 'llama', hidden_act: 'mish' }, /hidden_act "mish" is not supported/],
    [
      'a number of layers that is text',
      { model_type: 'llama', num_hidden_layers: '2' },
      /num_hidden_layers is "2", of type str, and can only be int/,
    ],
    ['other rotary pairs', { model_type: 'llama', rope_interleaved: true }, /rope_interleaved is true/],
    ['cross attention', { model_type: 'gpt2', add_cross_attention: true }, /only decoders are supported/],
    ['both directions', { model_type: 'gemma3_text', use_bidirectional_attention: true }, /only causal/],
    [
      'layer types for another number of layers',
      { model_type: 'gemma2', layer_types: ['full_attention'] },
      /1 entries for 26 layers/,
    ],
    [
      'an unknown layer type',
      { model_type: 'gemma2', num_hidden_layers: 1, layer_types: ['chunked_attention'] },
      /layer_types\[0\] is "chunked_attention", which is not supported: \w+ has "/,
    ],
    ['half a window', { model_type: 'mistral', sliding_window: 0.5 }, /sliding_window is 0.5/],
    ['a pattern of no layers', { model_type: 'gemma3_text', sliding_window_pattern: 0 }, /not a positive integer/],
    ['three norms', { model_type: 'falcon', num_ln_in_parallel_attn: 3 }, /num_ln_in_parallel_attn is 3/],
    [
      'one scaling for two types of layers',
      { model_type: 'gemma3_text', rope_parameters: { rope_type: 'linear', factor: 8, rope_theta: 1e6 } },
      /rope_parameters has neither "full_attention" nor "sliding_attention"/,
    ],
    [
      'one scaling for two types of layers (OLMo 3)',
      { model_type: 'olmo3', rope_parameters: { rope_type: 'yarn', factor: 8 } },
      /rope_parameters has neither "full_attention" nor "sliding_attention"/,
    ],
    [
      'Ministral 3 without its temperature',
      { model_type: 'ministral3', rope_parameters: { rope_type: 'default', rope_theta: 1e6 } },
      /the rotary parameters lack "llama_4_scaling_beta"/,
    ],
    [
      'a temperature in a family without one',
      { model_type: 'mistral', rope_parameters: { rope_type: 'default', llama_4_scaling_beta: 0.1 } },
      /unknown key "llama_4_scaling_beta"/,
    ],
    [
      'a pattern of letters without a list (EXAONE 4)',
      { model_type: 'exaone4', sliding_window_pattern: 'LLLG' },
      /sliding_window_pattern is "LLLG", not a number/,
    ],
    [
      'Mamba heads of Granite 4 that do not fill the layer',
      { model_type: 'granitemoehybrid', num_hidden_layers: 1, mamba_d_head: 3 },
      /128 Mamba heads of 3 dimensions are not 8192/,
    ],
    [
      'layers of Granite 4 of another type',
      { model_type: 'granitemoehybrid', num_hidden_layers: 1, layer_types: ['sliding_attention'] },
      /layer_types\[0\] is "sliding_attention", which is not supported: \w+ has "/,
    ],
    [
      'Mamba heads of Falcon-H1 that do not fill its size',
      { model_type: 'falcon_h1', mamba_d_head: 3 },
      /128 Mamba heads of 3 dimensions are not 1024/,
    ],
    [
      'too few multipliers of Falcon-H1',
      { model_type: 'falcon_h1', ssm_multipliers: [1, 1, 1, 1] },
      /ssm_multipliers has 4 entries, not 5/,
    ],
    [
      'multipliers of Falcon-H1 that are not numbers',
      { model_type: 'falcon_h1', key_multiplier: null },
      /key_multiplier is null/,
    ],
    ['Falcon-H1 without MLPs', { model_type: 'falcon_h1', mamba_use_mlp: false }, /mamba_use_mlp is false/],
    [
      'Kimi Linear with a layer of both kinds',
      {
        model_type: 'kimi_linear',
        num_hidden_layers: 2,
        linear_attn_config: { full_attn_layers: [1, 2], kda_layers: [1] },
      },
      /full_attn_layers and kda_layers are not the numbers 1 to 2, each in one of them/,
    ],
    [
      'Kimi Linear with layers from 0 on',
      {
        model_type: 'kimi_linear',
        num_hidden_layers: 2,
        linear_attn_config: { full_attn_layers: [0], kda_layers: [1] },
      },
      /full_attn_layers and kda_layers are not the numbers 1 to 2/,
    ],
    [
      'an unknown key of the section about delta attention',
      { model_type: 'kimi_linear', linear_attn_config: { gate_lower_bound: -5 } },
      /linear_attn_config has the unknown key "gate_lower_bound"/,
    ],
    ['positions of Kimi Linear', { model_type: 'kimi_linear', mla_use_nope: false }, /mla_use_nope is false/],
    [
      'a scaling of positions that are not there',
      { model_type: 'kimi_linear', rope_scaling: { type: 'yarn', factor: 4 } },
      /there are no positions to scale/,
    ],
    [
      'another router of Kimi Linear',
      { model_type: 'kimi_linear', moe_router_activation_func: 'softmax' },
      /moe_router_activation_func is "softmax"/,
    ],
    [
      'LFM3 with windows of no size',
      { model_type: 'lfm3', sliding_window: null },
      /sliding_window is null, and there are layers with a window/,
    ],
    [
      'LFM3 without rotary positions for layers with a window',
      { model_type: 'lfm3', rope_parameters: { full_attention: { rope_theta: 1e6 } } },
      /rope_parameters has no "sliding_attention" with a rope_theta/,
    ],
    [
      'LFM3 with the keys of other families for rotary positions',
      { model_type: 'lfm3', rope_theta: 1e4 },
      /rope_theta is 10000: this class reads rope_parameters only/,
    ],
    [
      'LFM3 with the width of LFM2',
      { model_type: 'lfm3', block_ff_dim: 64 },
      /"block_ff_dim": 64 may change what lfm3 computes/,
    ],
    [
      'a factor of the base in another family',
      { model_type: 'llama', rope_scaling: { type: 'dynamic', alpha: 1000 } },
      /unknown key "alpha"/,
    ],
    [
      'a model that reads its prompt in both directions',
      { model_type: 'paligemma', text_config: { model_type: 'gemma' } },
      /"paligemma" is not supported: it reads its prompt in both directions/,
    ],
    [
      'weights of experts that are not divided by their sum (Qwen3-VL)',
      { model_type: 'qwen3_vl_moe', text_config: { norm_topk_prob: false } },
      /norm_topk_prob is false/,
    ],
    [
      'keys that its projection does not have',
      { model_type: 'gpt_bigcode', num_key_value_heads: 12 },
      /num_key_value_heads is 12: multi_query says/,
    ],
    [
      'cross attention (GPT-BigCode)',
      { model_type: 'gpt_bigcode', multi_query: false, add_cross_attention: true },
      /only decoders/,
    ],
    [
      'sums without biases (BLOOM)',
      { model_type: 'bloom', slow_but_exact: true, pretraining_tp: 4 },
      /pretraining_tp is 4: with slow_but_exact/,
    ],
    ['another width of the MLP (BLOOM)', { model_type: 'bloom', n_inner: 64 }, /"n_inner": 64 may change what bloom/],
    [
      'positions that are not learned',
      { model_type: 'opt', learned_embeddings: false },
      /learned_embeddings is false: positions are learned/,
    ],
    ['a head size of its own (OPT)', { model_type: 'opt', head_dim: 32 }, /"head_dim": 32 may change what opt/],
    ['positions that are not rotary', { model_type: 'gptj', rotary: false }, /rotary is false: positions are rotary/],
    [
      'more rotated dimensions than a head has',
      { model_type: 'gptj', rotary_dim: 512 },
      /rotary_dim is 512, and heads have 256 dimensions/,
    ],
    ['heads of another size', { model_type: 'phi', head_dim: 128 }, /head_dim is 128: heads have hidden_size/],
    ['norms that Command R7B lacks', { model_type: 'cohere2', use_qk_norm: true }, /use_qk_norm is true/],
    ['NoPE for another number of layers', { model_type: 'smollm3', no_rope_layers: [1, 0] }, /2 entries for 36 layers/],
  ])('refuses %s', (_, config, pattern) => {
    expectRefused(config, pattern);
  });
});

describe('the norms of OPT', () => {
  const norms = (config: Record<string, unknown>) => {
    const { layers, finalNorm } = decoderOf({ model_type: 'opt', num_hidden_layers: 2, ...config });
    const moduleOf = (norm: Norm | null | 'attention') => (norm === 'attention' ? norm : (norm?.module ?? null));
    const ofLayers = layers.flatMap(({ attentionNorm, mlpNorm }) => [moduleOf(attentionNorm), moduleOf(mlpNorm)]);
    return [...ofLayers, moduleOf(finalNorm)].map((module) => module?.replace('_layer_norm', '') ?? null);
  };

  it('are before attention, before the MLP and at the end, which old checkpoints lack', () => {
    const all = ['layers.0.self_attn', 'layers.0.final', 'layers.1.self_attn', 'layers.1.final'];
    expect(norms({})).toEqual([...all, 'final']);
    expect(norms({ _remove_final_layer_norm: true })).toEqual([...all, null]);
  });

  it('are behind the sums in the 350m model: the last one ends the decoder', () => {
    const all = ['layers.0.self_attn', 'layers.0.final', 'layers.1.self_attn', 'layers.1.final'];
    expect(norms({ do_layer_norm_before: false })).toEqual([null, ...all]);
    expect(norms({ do_layer_norm_before: false, _remove_final_layer_norm: true })).toEqual([null, ...all]);
  });
});

describe('windows', () => {
  const layers = { num_hidden_layers: 4 };

  it('Mistral has a window in all layers: 4096 by default, none for null', () => {
    expect(windows({ model_type: 'mistral', ...layers, sliding_window: 7 })).toEqual([7, 7, 7, 7]);
    expect(windows({ model_type: 'mistral', ...layers })).toEqual([4096, 4096, 4096, 4096]);
    expect(windows({ model_type: 'mistral', ...layers, sliding_window: null })).toEqual([null, null, null, null]);
  });

  it('Gemma 2 has a window in every other layer, beginning with the first', () => {
    expect(windows({ model_type: 'gemma2', ...layers, sliding_window: 7 })).toEqual([7, null, 7, null]);
  });

  it('Gemma 3 has a window in all but every sixth layer, or in those of layer_types', () => {
    const six = windows({ model_type: 'gemma3_text', num_hidden_layers: 7, sliding_window: 7 });
    expect(six).toEqual([7, 7, 7, 7, 7, null, 7]);
    const layer_types = ['full_attention', 'full_attention', 'sliding_attention', 'full_attention'];
    const written = windows({ model_type: 'gemma3_text', ...layers, sliding_window: 7, layer_types });
    expect(written).toEqual([null, null, 7, null]);
  });

  it('Ministral has a window in all layers, or in those of layer_types', () => {
    expect(windows({ model_type: 'ministral', ...layers, sliding_window: 7 })).toEqual([7, 7, 7, 7]);
    const layer_types = ['full_attention', 'full_attention', 'sliding_attention', 'full_attention'];
    const written = windows({ model_type: 'ministral', ...layers, sliding_window: 7, layer_types });
    expect(written).toEqual([null, null, 7, null]);
  });

  it('Command R7B, OLMo 3 and AFMoE have a window in three of four layers', () => {
    for (const model_type of ['cohere2', 'olmo3', 'afmoe']) {
      expect(windows({ model_type, ...layers, sliding_window: 7 })).toEqual([7, 7, 7, null]);
    }
  });

  it('Qwen 2 has no window by default, and otherwise in the layers from max_window_layers on', () => {
    const config = { model_type: 'qwen2', ...layers, sliding_window: 7, max_window_layers: 3 };
    expect(windows(config)).toEqual([null, null, null, null]);
    expect(windows({ ...config, use_sliding_window: true })).toEqual([null, null, null, 7]);
  });
});

describe('positions of SmolLM 3', () => {
  const hasPositions = (config: Record<string, unknown>) =>
    attentionMixers(decoderOf({ model_type: 'smollm3', num_hidden_layers: 4, ...config })).map(
      ({ rope }) => rope !== null,
    );

  it('SmolLM 3 has positions in all but every fourth layer, or in those with a 1 in no_rope_layers', () => {
    expect(hasPositions({})).toEqual([true, true, true, false]);
    expect(hasPositions({ no_rope_layer_interval: 2 })).toEqual([true, false, true, false]);
    expect(hasPositions({ no_rope_layers: [0, 1, 1, 0] })).toEqual([false, true, true, false]);
    // According to its documentation, the list can be longer than the layers.
    expect(hasPositions({ no_rope_layers: [0, 1, 1, 0, 1, 1] })).toEqual([false, true, true, false]);
  });
});

describe('the experts of Qwen 3', () => {
  const kinds = (config: Record<string, unknown>) =>
    decoderOf({ model_type: 'qwen3_moe', num_hidden_layers: 4, ...config }).layers.map(({ mlp }) => mlp?.kind);

  it('Qwen 3 has experts in every layer, or in every decoder_sparse_step-th that is not in mlp_only_layers', () => {
    expect(kinds({})).toEqual(['experts', 'experts', 'experts', 'experts']);
    const some = { decoder_sparse_step: 2, mlp_only_layers: [1] };
    expect(kinds(some)).toEqual(['gated', 'gated', 'gated', 'experts']);
  });

  it('Qwen 3 has experts in no layer if the config turns them off', () => {
    const none = ['gated', 'gated', 'gated', 'gated'];
    expect(kinds({ decoder_sparse_step: 1, mlp_only_layers: [0, 1, 2, 3] })).toEqual(none);
    expect(kinds({ decoder_sparse_step: 1, num_experts: 0 })).toEqual(none);
  });
});

describe('the default rotary base', () => {
  // Each family's config class has its own. The second pair of a head of 4 dimensions has the frequency θ^(−1/2).
  it.each<[string, number]>([
    ['llama', 1e4],
    ['mistral', 1e4],
    ['mixtral', 1e6],
    ['qwen2', 1e4],
    ['qwen2_5_vl', 1e6],
    ['qwen2_vl', 1e6],
    ['qwen3_vl', 5e5],
    ['qwen3_vl_moe', 5e5],
    ['qwen3', 1e4],
    ['qwen3_moe', 1e4],
    ['gemma', 1e4],
    ['gemma2', 1e4],
    ['phi3', 1e4],
    ['olmo2', 1e4],
    ['granite', 1e4],
    ['granitemoe', 1e4],
    ['granitemoeshared', 1e4],
    ['starcoder2', 1e4],
    ['smollm3', 2e6],
    ['falcon', 1e4],
    ['falcon_h1', 1e4],
    ['ministral', 1e4],
    ['olmo3', 5e5],
    ['olmoe', 1e4],
    ['cohere', 5e5],
    ['cohere2', 1e4],
    ['exaone4', 1e4],
    ['seed_oss', 1e4],
    ['arcee', 1e4],
    ['helium', 1e5],
    ['ernie4_5', 5e5],
    ['hunyuan_v1_dense', 1e4],
    ['hunyuan_v1_moe', 1e4],
    ['afmoe', 1e4],
  ])('the default rotary base of %s is %s', (model_type, theta) => {
    const heads = { hidden_size: 8, num_attention_heads: 2, num_key_value_heads: 1 };
    // Its pairs of dimensions are shared by three positions.
    const shared = { rope_scaling: { type: 'mrope', mrope_section: [1, 1, 0] } };
    const own = /^qwen2.*_vl$/.test(model_type) ? shared : model_type === 'falcon' ? {} : { head_dim: 4 };
    const [attention] = attentionMixers(decoderOf({ model_type, ...heads, ...own }));
    expect(attention?.rope?.frequencies[1]).toBeCloseTo(theta ** -0.5, 8);
  });

  it.each(['gpt_neox', 'stablelm'])(
    'the rotary embedding of %s applies to a quarter of each head by default',
    (model_type) => {
      const sizes = { hidden_size: 32, num_attention_heads: 2, num_key_value_heads: 2 };
      const [attention] = attentionMixers(decoderOf({ model_type, ...sizes }));
      expect(attention?.rope).toMatchObject({ dim: 4, frequencies: [1, expect.closeTo(0.01, 8)] });
    },
  );

  it('GPT-J rotates 64 dimensions of each head by default, in pairs of neighbors', () => {
    const [attention] = attentionMixers(decoderOf({ model_type: 'gptj' }));
    expect(attention?.rope).toMatchObject({ dim: 64, interleaved: true });
    expect(attention?.rope?.frequencies[16]).toBeCloseTo(0.01, 8);
  });
});

it('DeepSeek-V4 has two rotary bases, for layers with entries and for others, and sees entries from the first layer on', () => {
  const { layers } = decoderOf({ model_type: 'deepseek_v4', compress_ratios: [0, ...Array(42).fill(128)] });
  const bases = attentionMixers({ layers }).map(({ rope }) => (rope?.frequencies[1] ?? 0) ** -32);
  expect(bases[0]).toBeCloseTo(1e4, 0);
  expect((bases[1] ?? 0) / 1.6e5).toBeCloseTo(1, 4);
  const rates = attentionMixers(decoderOf({ model_type: 'deepseek_v4', num_hidden_layers: 4 })).map(
    ({ projections }) => (projections.kind === 'compressed' ? projections.entries?.windows.rate : null),
  );
  expect(rates).toEqual([128, 128, 128, 4]);
});

describe('the temperature of Ministral 3', () => {
  it('is null where it changes nothing (Devstral 2)', () => {
    const of = (llama_4_scaling_beta: number) =>
      attentionMixers(
        decoderOf({ model_type: 'ministral3', num_hidden_layers: 1, rope_parameters: { llama_4_scaling_beta } }),
      )[0]?.temperature;
    expect(of(0)).toBeNull();
    expect(of(0.1)).toEqual({ scale: 0.1, length: 262144, offset: 0 });
  });
});

describe('positions of the families that need some layers without them', () => {
  const hasPositions = (config: Record<string, unknown>) =>
    attentionMixers(decoderOf({ num_hidden_layers: 4, ...config })).map(({ rope }) => rope !== null);

  it('Command R7B has none where it has no window', () => {
    expect(hasPositions({ model_type: 'cohere2' })).toEqual([true, true, true, false]);
    expect(() => hasPositions({ model_type: 'cohere2', sliding_window: null })).toThrow(/sliding_window is null/);
  });

  it('EXAONE 4 has none in layers without a window, if others have one', () => {
    expect(hasPositions({ model_type: 'exaone4' })).toEqual([true, true, true, false]);
    expect(hasPositions({ model_type: 'exaone4', sliding_window: null })).toEqual([true, true, true, true]);
  });

  it('Apertus has the length scaling of Llama 3 without a word in its config', () => {
    const [attention] = attentionMixers(decoderOf({ model_type: 'apertus', num_hidden_layers: 1 }));
    // The lowest frequencies are divided by 8.
    const lowest = attention?.rope?.frequencies.at(-1);
    expect(lowest).toBeCloseTo(1.2e7 ** -(126 / 128) / 8, 12);
  });
});

describe('a vision-language checkpoint', () => {
  it('a vision-language checkpoint runs as its text model, of whichever family', () => {
    const text = { vocab_size: 64, num_hidden_layers: 2, sliding_window: 5 };
    const mistral = decoderOf({
      model_type: 'llava',
      text_config: { model_type: 'mistral', ...text },
      vision_config: {},
    });
    expect(attentionMixers(mistral).map(({ window }) => window)).toEqual([5, 5]);
    // LLaVA's default is Llama, which has no window.
    expectRefused({ model_type: 'llava', text_config: text }, /"sliding_window": 5 may change what llama computes/);
  });

  it('the error for a vision-language checkpoint names an unsupported text model', () => {
    expectRefused(
      { model_type: 'llava', text_config: { model_type: 'mamba' } },
      /model_type "llava" with text model "mamba" is not supported/,
    );
  });

  it('a vision-language config can tie the output layer to the embeddings outside of text_config', () => {
    const text_config = { model_type: 'llama' };
    expect(decoderOf({ model_type: 'llava', text_config }).head.tied).toBe(false);
    expect(decoderOf({ model_type: 'llava', text_config, tie_word_embeddings: true }).head.tied).toBe(true);
  });

  it.each(['mistral3', 'internvl'])('the class of %s ties them where its config does not say', (model_type) => {
    const isTied = (config: object) =>
      decoderOf({ model_type, text_config: { model_type: 'qwen2' }, ...config }).head.tied;
    expect(isTied({})).toBe(true);
    expect(isTied({ tie_word_embeddings: false })).toBe(false);
  });

  it('LFM2-VL has another name of the key that ties them, and does not read that of its text model', () => {
    const isTied = (config: object) =>
      decoderOf({ model_type: 'lfm2_vl', text_config: { model_type: 'lfm2', tie_embedding: false }, ...config }).head
        .tied;
    expect(isTied({})).toBe(true);
    expect(isTied({ tie_embedding: false })).toBe(false);
    expect(isTied({ tie_word_embeddings: false })).toBe(false);
    expect(isTied({ tie_embedding: true, tie_word_embeddings: false })).toBe(true);
    expect(() => isTied({ tie_embedding: null })).toThrow(/tie_embedding is null/);
  });

  it('the vision-language class of Gemma 3 has no softcap, unlike the text-only class', () => {
    const text_config = { num_hidden_layers: 1, final_logit_softcapping: 30 };
    expect(decoderOf({ model_type: 'gemma3', text_config }).head.softcap).toBeNull();
    expect(decoderOf({ model_type: 'gemma3_text', ...text_config }).head.softcap).toBe(30);
  });

  it('the class of Idefics 3 has its own default for the norms of a missing text_config', () => {
    const epsilon = (config: object) => decoderOf({ model_type: 'idefics3', ...config }).finalNorm?.epsilon;
    expect(epsilon({})).toBe(1e-5);
    expect(epsilon({ text_config: { model_type: 'llama' } })).toBe(1e-6);
  });

  it('a vision-language config can have the keys of both models side by side', () => {
    const flat = { model_type: 'qwen2_5_vl', vocab_size: 64, vision_config: { depth: 1 }, image_token_id: 5 };
    expect(decoderOf(flat).vocabulary).toBe(64);
  });
});
