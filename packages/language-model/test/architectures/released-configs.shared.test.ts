import { describeDecoder } from '@shadow-gate/language-model';
import { describe, expect, it } from 'vitest';
import { fixture, readJson } from '../../../../test/fixtures.ts';
import type { Mlp } from '../../src/architectures/decoder.ts';
import { checkpointOf } from './checkpoint-of.ts';

const decoderOf = (config: Record<string, unknown>) => describeDecoder(checkpointOf(config));

/**
 * Keys and values of config.json of models under Apache 2.0 or MIT, with four layers. Those of Qwen 3.5 and 3.6,
 * gpt-oss, GLM-4.7-Flash and MiniMax-M2 were read in public sources; the others are not verbatim.
 */
const RELEASED = readJson<Record<string, Record<string, unknown>>>(fixture('released-configs.json'));

describe('configs of released models', () => {
  it.each(Object.entries(RELEASED))('%s is understood, with every key', (_, config) => {
    expect(decoderOf(config).layers).toHaveLength(4);
  });
});

/**
 * Keys of released configs that the model class in transformers 5.24 does not read: they change nothing, and refuse
 * nothing.
 */
describe('keys of released configs that their class does not read', () => {
  it.each<[string, Record<string, unknown>]>([
    // Hunyuan 7B: its training code, and models that are made from it.
    [
      'hunyuan_v1_dense',
      {
        add_classification_head: false,
        class_num: 0,
        dense_list: [4096, 0],
        pool_type: 'last',
        pad_id: 127961,
        im_start_id: 4,
        im_end_id: 5,
        im_newline_id: 11,
        mask_init_id: 12,
        text_start_id: 6,
        text_end_id: 7,
        use_cla: false,
      },
    ],
    ['ernie4_5_moe', { num_nextn_predict_layers: 1, use_rmsnorm: true, moe_gate: 'topk', moe_capacity: [64, 64, 64] }],
    ['ernie4_5', { use_rmsnorm: true }],
    // Nemotron 3 Nano and Super, and Nemotron-H 56B: another name next to layer_norm_epsilon, and one of head_dim.
    ['nemotron_h', { norm_eps: 1e-5, keep_mtp_spec_in_bf16: true }],
    ['nemotron_h', { rms_norm_eps: 1e-5, attention_head_dim: 128, time_step_rank: 512 }],
    // Qwen 3.6: the activation that the class always has; and after a converter.
    ['qwen3_5_text', { output_gate_type: 'swish' }],
    ['qwen3_5_moe_text', { output_gate_type: 'silu' }],
    ['qwen3_5_text', { rope_type: 'default', mrope_section: [11, 11, 10], mrope_interleaved: true }],
    // Qwen1.5-MoE-A2.7B, whose layers all have experts; and without windows, as transformers 5 writes it.
    ['qwen2_moe', { intermediate_size: 7 }],
    ['qwen2_moe', { use_sliding_window: false, sliding_window: 0 }],
    ['mixtral', { num_experts: 8 }],
    // LFM2-8B-A1B for MLX: what layer_types say.
    ['lfm2_moe', { num_hidden_layers: 2, layer_types: ['conv', 'full_attention'], full_attn_idxs: [1] }],
    // Falcon-H1 and Kimi Linear: what their authors' own code computes as well.
    ['falcon_h1', { mamba_use_mlp: true, mlp_expansion_factor: 8, attn_layer_indices: null, num_logits_to_keep: 1 }],
    [
      'kimi_linear',
      { mla_use_nope: true, moe_router_activation_func: 'sigmoid', use_grouped_topk: true, moe_layer_freq: 1 },
    ],
    ['kimi_linear', { head_dim: 72, num_nextn_predict_layers: 0, rope_theta: 10000, rope_scaling: null }],
    // A model that was tuned with Unsloth.
    ['qwen3', { model_name: 'Qwen/Qwen3-8B', unsloth_version: '2026.4.4' }],
    // InternVL 3.5: how its experts were spread over devices.
    ['qwen3', { ep_size: 1, debug: false, micro_forward: false, skip_checkpoint: false, use_deepep: false }],
  ])('%s', (model_type, more) => {
    const kept = { num_hidden_layers: more.num_hidden_layers, layer_types: more.layer_types };
    const without = Object.fromEntries(Object.entries(kept).filter(([, value]) => value !== undefined));
    expect(JSON.stringify(decoderOf({ model_type, ...more }))).toBe(
      JSON.stringify(decoderOf({ model_type, ...without })),
    );
  });

  it.each<[string, Record<string, unknown>, RegExp]>([
    ['hunyuan_v1_dense', { use_cla: true }, /"use_cla": true may change what hunyuan_v1_dense computes/],
    ['ernie4_5', { use_rmsnorm: false }, /use_rmsnorm is false: only RMS norms are supported/],
    ['qwen3_5_text', { output_gate_type: 'sigmoid' }, /output_gate_type "sigmoid" is not supported: only SiLU is/],
    ['qwen3_5_text', { rope_type: 'yarn' }, /rope_type is "yarn": a length scaling belongs in rope_parameters/],
    ['nemotron_h', { norm_eps: 1e-6 }, /norm_eps is 0.000001: layer_norm_epsilon is 0.00001/],
    ['nemotron_h', { attention_head_dim: 64, head_dim: 128 }, /head_dim is \d+, and head_dim has another value/],
    ['mixtral', { num_experts: 8, num_local_experts: 4 }, /num_experts is 8, and num_local_experts has another value/],
  ])('but not another value: %s', (model_type, more, message) => {
    expect(() => decoderOf({ model_type, ...more })).toThrow(message);
  });
});

describe('options that no fixture has', () => {
  it('a Nemotron-H or Granite without experts can have 0 of them', () => {
    const none = { num_experts_per_tok: 0, moe_intermediate_size: 0 };
    const nemotron = { model_type: 'nemotron_h', hybrid_override_pattern: 'M-*-' };
    expect(JSON.stringify(decoderOf({ ...nemotron, ...none, n_routed_experts: 0 }))).toBe(
      JSON.stringify(decoderOf(nemotron)),
    );
    const granite = { model_type: 'granitemoehybrid', num_hidden_layers: 1, num_local_experts: 0 };
    const { layers } = decoderOf({ ...granite, num_experts_per_tok: 0, intermediate_size: 0 });
    expect(layers.map(({ mlp }) => mlp?.kind)).toEqual(['gated-fused']);
  });

  it('Granite cannot choose more experts than it has, and Mistral Small 4 has the head size that its parts give', () => {
    const granite = { model_type: 'granitemoehybrid', num_local_experts: 4, num_experts_per_tok: 5 };
    expect(() => decoderOf(granite)).toThrow(/num_experts_per_tok is 5, and can be at most 4/);
    expect(() => decoderOf({ model_type: 'mistral4', head_dim: 64 })).toThrow(/head_dim is 64: it is the sum of/);
  });

  it('a mixture of no experts is a plain MLP', () => {
    for (const model_type of ['qwen2_moe', 'qwen3_moe', 'qwen3_next']) {
      const keys = { num_experts_per_tok: 4, moe_intermediate_size: 16, shared_expert_intermediate_size: 16 };
      const { layers } = decoderOf({ model_type, ...keys, num_experts: 0, num_hidden_layers: 1 });
      expect(layers.map(({ mlp }) => mlp?.kind)).toEqual(['gated']);
    }
  });

  it.each(['qwen3_5_text', 'qwen3_next', 'granitemoehybrid'])('%s also convolves with hidden_act', (model_type) => {
    const { layers } = decoderOf({ model_type, hidden_act: 'gelu' });
    expect(layers[0]?.mixer).toMatchObject({ convolution: { activation: 'gelu' } });
  });

  const activationOf = (mlp: Mlp | null | undefined) => (mlp?.kind === 'gated' ? mlp.activation : mlp?.kind);

  it('Gemma 1 means the approximation of GELU with "gelu", as its class does; Gemma 2 says which', () => {
    const gemma = (more: object) => activationOf(decoderOf({ model_type: 'gemma', ...more }).layers[0]?.mlp);
    expect(gemma({ hidden_act: 'gelu' })).toBe('gelu_tanh');
    expect(gemma({ hidden_act: 'gelu_python' })).toBe('gelu');
    expect(gemma({})).toBe('gelu_tanh');
    const gemma2 = decoderOf({ model_type: 'gemma2', hidden_activation: 'gelu' });
    expect(activationOf(gemma2.layers[0]?.mlp)).toBe('gelu');
  });

  it.each(['olmo3', 'gemma3_text'])(
    '%s reads no original length outside the parameters of its types of layers',
    (model_type) => {
      const scaling = { rope_type: 'yarn', factor: 4 };
      const frequencies = (more: object) =>
        JSON.stringify(decoderOf({ model_type, max_position_embeddings: 64, rope_scaling: { ...scaling, ...more } }));
      expect(frequencies({})).toBe(frequencies({ original_max_position_embeddings: 64 }));
      expect(frequencies({})).not.toBe(frequencies({ original_max_position_embeddings: 16 }));
      const beside = { model_type, rope_scaling: scaling, original_max_position_embeddings: 16 };
      expect(() => decoderOf(beside)).toThrow(/"original_max_position_embeddings": 16 .*may change/);
    },
  );

  it('the output layer of Phi can be tied to the embeddings, and keeps its bias', () => {
    expect(decoderOf({ model_type: 'phi', tie_word_embeddings: true }).head).toMatchObject({ tied: true, bias: true });
  });
});

describe('the output layer of a vision-language model', () => {
  // Read from transformers 5.24 and run: models/llava_next/modeling_llava_next.py (Granite Vision),
  // models/internvl/modeling_internvl.py.
  it.each<[string, Record<string, unknown>]>([
    ['llava_next', { model_type: 'granite', logits_scaling: 8 }],
    ['internvl', { model_type: 'gemma2' }],
    ['llava', { model_type: 'cohere' }],
    ['llava_onevision', { model_type: 'phi' }],
  ])('%s leaves out what the text-only class does to logits', (model_type, text_config) => {
    expect(decoderOf(text_config).head).not.toEqual({ tied: expect.any(Boolean), scale: 1, softcap: null });
    const { head } = decoderOf({ model_type, text_config });
    expect(head).toEqual({ tied: expect.any(Boolean), scale: 1, softcap: null });
  });

  it('Gemma 3 is tied unless the whole says otherwise, whatever the text model says', () => {
    const text_config = { model_type: 'gemma3_text', tie_word_embeddings: false };
    expect(decoderOf({ model_type: 'gemma3', text_config }).head.tied).toBe(true);
    expect(decoderOf({ model_type: 'gemma3', tie_word_embeddings: false, text_config }).head.tied).toBe(false);
  });
});
