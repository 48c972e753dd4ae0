import { describe, expect, it } from 'vitest';
import type { Mlp } from '../../../src/language-model/architectures/decoder.ts';
import { describeDecoder } from '../../../src/language-model/architectures/describe-decoder.ts';
import { checkpointOf } from './checkpoint-of.ts';

const decoderOf = (config: Record<string, unknown>) => describeDecoder(checkpointOf(config));

/** Keys of released configs that the model class in transformers 5.24 does not read: they change nothing, and refuse nothing. */
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
    // Nemotron 3 Nano, and Nemotron-H 56B: another name beside layer_norm_epsilon, and one beside head_dim.
    ['nemotron_h', { norm_eps: 1e-3 }],
    ['nemotron_h', { rms_norm_eps: 1e-3, attention_head_dim: 128, time_step_rank: 512 }],
    // Qwen 3.6: the activation that the class always has.
    ['qwen3_5_text', { output_gate_type: 'swish' }],
    // InternVL 3.5: how its experts were spread over devices.
    ['qwen3', { ep_size: 1, debug: false, micro_forward: false, skip_checkpoint: false, use_deepep: false }],
  ])('%s', (model_type, more) => {
    expect(JSON.stringify(decoderOf({ model_type, ...more }))).toBe(JSON.stringify(decoderOf({ model_type })));
  });

  it.each<[string, Record<string, unknown>, RegExp]>([
    ['hunyuan_v1_dense', { use_cla: true }, /"use_cla": true may change what hunyuan_v1_dense computes/],
    ['ernie4_5', { use_rmsnorm: false }, /use_rmsnorm is false: only RMS norms are supported/],
    ['qwen3_5_text', { output_gate_type: 'sigmoid' }, /output_gate_type is "sigmoid": only SiLU is supported/],
  ])('but not another value: %s', (model_type, more, message) => {
    expect(() => decoderOf({ model_type, ...more })).toThrow(message);
  });
});

describe('options that no fixture has', () => {
  const activationOf = (mlp: Mlp | null | undefined) => (mlp?.kind === 'gated' ? mlp.activation : mlp?.kind);

  it('Gemma 1 means the approximation of GELU with "gelu", as its class does; Gemma 2 says which', () => {
    const gemma = (more: object) => activationOf(decoderOf({ model_type: 'gemma', ...more }).layers[0]?.mlp);
    expect(gemma({ hidden_act: 'gelu' })).toBe('gelu_tanh');
    expect(gemma({ hidden_act: 'gelu_python' })).toBe('gelu');
    expect(gemma({})).toBe('gelu_tanh');
    const gemma2 = decoderOf({ model_type: 'gemma2', hidden_activation: 'gelu' });
    expect(activationOf(gemma2.layers[0]?.mlp)).toBe('gelu');
  });

  it('the output layer of Phi can be tied to the embeddings, and keeps its bias', () => {
    expect(decoderOf({ model_type: 'phi', tie_word_embeddings: true }).head).toMatchObject({ tied: true, bias: true });
  });
});
