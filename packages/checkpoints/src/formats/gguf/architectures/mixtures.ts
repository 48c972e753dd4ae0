import { inTurns, inTurnsLast, joined, reshaped, transposed } from '../changes.ts';
import type { GgufModel } from '../model.ts';
import type { GgufArchitecture } from './architecture.ts';
import {
  decimal,
  expertSizes,
  headDim,
  NEXT_TOKENS,
  ownLayers,
  PAIRED_EXPERTS,
  present,
  rmsSizes,
  shortestDecimal,
} from './common.ts';
import { expectWholeHeads, partialRotary, ROPE_TENSORS, rope } from './rope.ts';
import { replaceTensors } from './rules.ts';

/** Mixtures of experts with attention in every layer. */

/** A value of `expert_gating_func`: how a router turns logits into weights. */
const SIGMOID = 2;

function latentConfig(model: GgufModel): Record<string, unknown> {
  const [rotated, rank] = [model.required('rope.dimension_count'), model.required('attention.kv_lora_rank')];
  // The heads as stored. The ignored keys describe the single key head that llama.cpp computes with.
  const key = model.number('attention.key_length_mla') ?? model.required('attention.key_length');
  const value = model.number('attention.value_length_mla') ?? model.required('attention.value_length');
  model.ignore('attention.key_length', 'attention.value_length', 'attention.head_count_kv');
  const isSigmoid = model.someLayerHas('exp_probs_b.bias') || model.number('expert_gating_func') === SIGMOID;
  model.ignore('expert_gating_func');
  const { num_key_value_heads: _, ...sizes } = rmsSizes(model);
  const groups = model.number('expert_group_count');
  const config = {
    model_type: isSigmoid ? 'deepseek_v3' : 'deepseek_v2',
    ...sizes,
    num_hidden_layers: ownLayers(model),
    num_key_value_heads: sizes.num_attention_heads,
    ...rope(model, {
      mscale: (multiplier) => ({
        mscale: shortestDecimal(10 * multiplier),
        mscale_all_dim: shortestDecimal(10 * multiplier),
      }),
    }),
    q_lora_rank: model.number('attention.q_lora_rank'),
    kv_lora_rank: rank,
    qk_rope_head_dim: rotated,
    qk_nope_head_dim: key - rotated,
    v_head_dim: value,
    ...expertSizes(model, 'n_routed_experts'),
    n_shared_experts: model.number('expert_shared_count') ?? 0,
    first_k_dense_replace: model.number('leading_dense_block_count') ?? 0,
    ...present('routed_scaling_factor', decimal(model, 'expert_weights_scale')),
    ...(isSigmoid || (groups ?? 1) > 1
      ? { n_group: groups ?? 1, topk_group: model.number('expert_group_used_count') ?? 1 }
      : {}),
    attention_bias: model.someLayerHas('attn_kv_a_mqa.bias'),
  };
  model.ignore('expert_group_used_count');
  const normalizes = model.boolean('expert_weights_norm') ?? false;
  if (isSigmoid) return { ...config, norm_topk_prob: normalizes };
  return {
    ...config,
    ...((groups ?? 1) > 1 ? { topk_method: 'group_limited_greedy' } : {}),
    mlp_bias: model.someLayerHas('ffn_down.bias'),
  };
}

const MAVERICK_EXPERTS = 128;

export const MIXTURES: readonly GgufArchitecture[] = [
  /** Experts are stacks in transformers too, with the input first, and gate and up interleaved. */
  {
    name: 'gpt-oss',
    names: { ffn_gate_exps: 'mlp.experts.gate', ffn_up_exps: 'mlp.experts.up', ffn_down_exps: 'mlp.experts.down' },
    spare: ROPE_TENSORS,
    combine: (tensors, model) => {
      for (let i = 0; i < model.layers; i++) {
        const at = `model.layers.${i}.mlp.experts`;
        replaceTensors(tensors, [`${at}.gate.weight`, `${at}.up.weight`], `${at}.gate_up_proj`, inTurns);
        replaceTensors(tensors, [`${at}.gate.bias`, `${at}.up.bias`], `${at}.gate_up_proj_bias`, inTurnsLast);
        replaceTensors(tensors, [`${at}.down.weight`], `${at}.down_proj`, transposed);
        replaceTensors(tensors, [`${at}.down.bias`], `${at}.down_proj_bias`, (down) => down);
      }
    },
    config: (model) => {
      expectWholeHeads(model);
      model.ignore('expert_gating_func');
      return {
        model_type: 'gpt_oss',
        ...rmsSizes(model),
        ...present('intermediate_size', model.number('expert_feed_forward_length')),
        ...headDim(model),
        // As in the original config; llama.cpp rounds.
        ...rope(model, { truncate: false }),
        num_local_experts: model.required('expert_count'),
        num_experts_per_tok: model.required('expert_used_count'),
        sliding_window: model.required('attention.sliding_window'),
        attention_bias: model.someLayerHas('attn_q.bias'),
      };
    },
  },
  /** Latent attention: DeepSeek V2 and V3, and GLM-4.7-Flash with its layers of multi-token prediction. */
  {
    name: 'deepseek2',
    names: {
      attn_k_b: 'self_attn.k_b',
      attn_v_b: 'self_attn.v_b',
      ...PAIRED_EXPERTS,
      exp_probs_b: 'mlp.gate.e_score_correction_bias!',
      ...NEXT_TOKENS,
    },
    spare: ROPE_TENSORS,
    combine: (tensors, model) => {
      for (let i = 0; i < model.layers; i++) {
        const at = `model.layers.${i}.self_attn`;
        replaceTensors(tensors, [`${at}.k_b.weight`, `${at}.v_b.weight`], `${at}.kv_b_proj.weight`, (k, v) => {
          const both = joined([transposed(k), v], 1);
          const [heads = 0, rows = 0, rank = 0] = both.shape;
          return reshaped(both, [heads * rows, rank]);
        });
      }
    },
    config: latentConfig,
  },
  {
    name: 'glm4moe',
    names: { ...PAIRED_EXPERTS, exp_probs_b: 'mlp.gate.e_score_correction_bias!', ...NEXT_TOKENS },
    spare: ROPE_TENSORS,
    config: (model) => {
      model.ignore('expert_gating_func');
      const head = model.required('attention.key_length');
      const base = rmsSizes(model);
      return {
        model_type: 'glm4_moe',
        ...base,
        num_hidden_layers: ownLayers(model),
        ...headDim(model),
        ...rope(model),
        ...partialRotary(model, head),
        ...expertSizes(model, 'n_routed_experts'),
        n_shared_experts: model.number('expert_shared_count') ?? 0,
        first_k_dense_replace: model.number('leading_dense_block_count') ?? 0,
        ...present('routed_scaling_factor', decimal(model, 'expert_weights_scale')),
        ...present('n_group', model.number('expert_group_count')),
        ...present('topk_group', model.number('expert_group_used_count')),
        norm_topk_prob: model.boolean('expert_weights_norm') ?? true,
        use_qk_norm: model.someLayerHas('attn_q_norm.weight'),
        attention_bias: model.someLayerHas('attn_q.bias'),
      };
    },
  },
  {
    name: 'minimax-m2',
    names: { exp_probs_b: 'block_sparse_moe.e_score_correction_bias!' },
    config: (model) => {
      model.ignore('expert_gating_func', 'expert_feed_forward_length');
      const head = model.required('attention.key_length');
      return {
        model_type: 'minimax_m2',
        ...rmsSizes(model),
        intermediate_size: model.number('expert_feed_forward_length') ?? model.required('feed_forward_length'),
        ...headDim(model),
        ...rope(model),
        rotary_dim: model.number('rope.dimension_count') ?? head,
        num_local_experts: model.required('expert_count'),
        num_experts_per_tok: model.required('expert_used_count'),
      };
    },
  },
  /** The router's correction has two dimensions in transformers. */
  {
    name: 'ernie4_5-moe',
    names: { ...PAIRED_EXPERTS, exp_probs_b: 'mlp.moe_statics.e_score_correction_bias!' },
    changes: { exp_probs_b: (entry) => reshaped(entry, [1, entry.size]) },
    config: (model) => {
      expectWholeHeads(model);
      model.ignore('expert_shared_feed_forward_length');
      return {
        model_type: 'ernie4_5_moe',
        ...rmsSizes(model),
        ...headDim(model),
        ...rope(model),
        moe_num_experts: model.required('expert_count'),
        moe_k: model.required('expert_used_count'),
        moe_intermediate_size: model.required('expert_feed_forward_length'),
        moe_num_shared_experts: model.number('expert_shared_count') ?? 0,
        moe_layer_start_index: model.number('leading_dense_block_count') ?? 0,
        moe_layer_interval: model.number('interleave_moe_layer_step') ?? 1,
        use_bias: model.someLayerHas('attn_q.bias'),
      };
    },
  },
  /** Stacks have the input first; not every layer has a router. */
  {
    name: 'llama4',
    names: {
      ffn_gate_exps: 'feed_forward.experts.gate',
      ffn_up_exps: 'feed_forward.experts.up',
      ffn_down_exps: 'feed_forward.experts.down',
    },
    spare: ROPE_TENSORS,
    combine: (tensors, model) => {
      for (let i = 0; i < model.layers; i++) {
        const at = `model.layers.${i}.feed_forward.experts`;
        replaceTensors(tensors, [`${at}.gate.weight`, `${at}.up.weight`], `${at}.gate_up_proj`, (...parts) =>
          transposed(joined(parts, 1)),
        );
        replaceTensors(tensors, [`${at}.down.weight`], `${at}.down_proj`, transposed);
      }
    },
    config: (model) => {
      expectWholeHeads(model);
      return {
        model_type: 'llama4_text',
        ...rmsSizes(model),
        ...headDim(model),
        ...rope(model),
        intermediate_size_mlp: model.required('feed_forward_length'),
        intermediate_size: model.required('expert_feed_forward_length'),
        num_local_experts: model.required('expert_count'),
        num_experts_per_tok: model.required('expert_used_count'),
        interleave_moe_layer_step: model.number('interleave_moe_layer_step') ?? 1,
        attention_bias: model.someLayerHas('attn_q.bias'),
        // llama.cpp assumes this for released models: 16 experts (Scout) with norms, 128 (Maverick) without.
        use_qk_norm: model.required('expert_count') !== MAVERICK_EXPERTS,
      };
    },
  },
];
