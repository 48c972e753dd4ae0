import { at } from '@shadow-gate/platform';
import type { GgufModel } from '../model.ts';
import type { GgufArchitecture } from './architecture.ts';
import { decimal, present, rmsSizes, shortestDecimal, theta } from './common.ts';
import { softcap, windows } from './gemma.ts';

/** Frequencies that are not rotated are divided by this or more (`generate_extra_tensors`). */
const NOT_ROTATED = 1e29;

function fullRope(model: GgufModel): Record<string, unknown> {
  const factors = model.numbersOf('rope_freqs.weight');
  const rotated = factors?.filter((factor) => factor < NOT_ROTATED) ?? [];
  const scale = rotated[0] ?? 1;
  return {
    rope_type: 'proportional',
    rope_theta: theta(model),
    partial_rotary_factor: factors === null ? 1 : rotated.length / factors.length,
    ...(scale === 1 ? {} : { factor: shortestDecimal(scale) }),
  };
}

/** Unlike in Gemma 1 to 3, norm weights are as in transformers. */
export const gemma4: GgufArchitecture = {
  name: 'gemma4',
  whole: {
    per_layer_token_embd: 'model.embed_tokens_per_layer',
    per_layer_model_proj: 'model.per_layer_model_projection',
    per_layer_proj_norm: 'model.per_layer_projection_norm',
  },
  names: {
    inp_gate: 'per_layer_input_gate',
    proj: 'per_layer_projection',
    post_norm: 'post_per_layer_input_norm',
    'ffn_gate_inp.scale': 'router.scale!',
    'ffn_down_exps.scale': 'router.per_expert_scale!',
  },
  spare: ['rope_freqs.weight'],
  config: (model) => {
    const { layers } = model;
    const types = windows(model, 6);
    const ofType = (numbers: readonly number[] | null, type: string) => numbers?.find((_, i) => types[i] === type);
    const keyHeads = model.numberOfEach('attention.head_count_kv', layers);
    const width = model.numberOfEach('feed_forward_length', layers) ?? [];
    const perLayer = model.number('embedding_length_per_layer_input') ?? 0;
    const count = model.number('expert_count') ?? 0;
    model.ignore('attention.value_length', 'attention.value_length_swa', 'rope.dimension_count');
    model.ignore('rope.dimension_count_swa');
    const local = ofType(keyHeads, 'sliding_attention') ?? at(keyHeads ?? [1], 0);
    return {
      model_type: 'gemma4_text',
      ...rmsSizes(model),
      intermediate_size: at(width, 0),
      use_double_wide_mlp: at(width, layers - 1) !== at(width, 0),
      num_key_value_heads: local,
      num_global_key_value_heads: ofType(keyHeads, 'full_attention') ?? local,
      head_dim: model.number('attention.key_length_swa') ?? model.required('attention.key_length'),
      global_head_dim: model.required('attention.key_length'),
      attention_k_eq_v: !hasValues(model, types),
      num_kv_shared_layers: model.number('attention.shared_kv_layers') ?? 0,
      layer_types: types,
      ...present('sliding_window', model.number('attention.sliding_window')),
      rope_parameters: {
        full_attention: fullRope(model),
        sliding_attention: { rope_type: 'default', rope_theta: decimal(model, 'rope.freq_base_swa') ?? 10_000 },
      },
      hidden_size_per_layer_input: perLayer,
      ...(perLayer === 0
        ? {}
        : { vocab_size_per_layer_input: model.tensors.get('per_layer_token_embd.weight')?.shape[0] ?? 0 }),
      enable_moe_block: count > 0,
      ...(count > 0
        ? {
            num_experts: count,
            top_k_experts: model.required('expert_used_count'),
            moe_intermediate_size: model.required('expert_feed_forward_length'),
          }
        : {}),
      ...softcap(model, 'final_logit_softcapping'),
    };
  },
};

/** Does a layer without a window have its own values? Otherwise its keys are also its values. */
function hasValues(model: GgufModel, types: readonly string[]): boolean {
  const first = types.indexOf('full_attention');
  return model.tensors.has(`blk.${first}.attn_v.weight`) || !model.tensors.has(`blk.${first}.attn_k.weight`);
}
