import type { TensorEntry } from '../../../tensors/tensor-entry.ts';
import { joined, logOfNegative, reshaped } from '../changes.ts';
import type { GgufModel } from '../model.ts';
import type { GgufArchitecture, TensorChange } from './architecture.ts';
import { decimal, GATED_MLP, present, rmsSizes } from './common.ts';
import { depthwise } from './hybrids.ts';
import { ignoreMamba, multipliers } from './llama-like.ts';
import { expectWholeHeads, rope } from './rope.ts';
import { ROTATED, replaceTensors } from './rules.ts';

/** LFM2 with gated convolutions, and Granite 4: dense, with experts, and with Mamba-2. */

/** llama.cpp first took the last norm for one of the embeddings, so files have either name. */
const LFM2 = {
  whole: { output_norm: 'model.embedding_norm' },
  changes: { 'shortconv.conv': depthwise },
} as const;

function lfm2Config(model: GgufModel): Record<string, unknown> {
  const { rms_norm_eps: epsilon, ...sizes } = rmsSizes(model);
  const attends = model.numberOfEach('attention.head_count_kv', model.layers) ?? [];
  return {
    ...sizes,
    norm_eps: epsilon,
    ...rope(model),
    layer_types: attends.map((heads) => (heads > 0 ? 'full_attention' : 'conv')),
    conv_L_cache: model.required('shortconv.l_cache'),
    conv_bias: model.someLayerHas('shortconv.conv.bias') || model.someLayerHas('shortconv.in_proj.bias'),
  };
}

const GRANITE_EXPERTS = {
  ffn_gate_exps: 'block_sparse_moe.gate',
  ffn_up_exps: 'block_sparse_moe.up',
  ffn_down_exps: 'block_sparse_moe.output_linear',
  ffn_gate_shexp: 'shared_mlp.gate',
  ffn_up_shexp: 'shared_mlp.up',
  ffn_down_shexp: 'shared_mlp.output_linear',
} as const;

/** Gate and up are one matrix in transformers, both of the experts and of the shared MLP. */
function combineGranite(tensors: Map<string, TensorEntry>, model: GgufModel): void {
  for (let i = 0; i < model.layers; i++) {
    for (const [module, axis] of [['block_sparse_moe', 1] as const, ['shared_mlp', 0] as const]) {
      const at = `model.layers.${i}.${module}`;
      replaceTensors(tensors, [`${at}.gate.weight`, `${at}.up.weight`], `${at}.input_linear.weight`, (...parts) =>
        joined(parts, axis),
      );
    }
  }
}

const flat: TensorChange = (entry) => reshaped(entry, [entry.size]);

function graniteConfig(model: GgufModel): Record<string, unknown> {
  return {
    model_type: 'granitemoehybrid',
    ...rmsSizes(model),
    ...multipliers(model),
    attention_bias: model.someLayerHas('attn_q.bias'),
    num_local_experts: model.number('expert_count') ?? 0,
    num_experts_per_tok: model.number('expert_used_count') ?? 0,
    ...present('shared_intermediate_size', model.number('expert_shared_feed_forward_length')),
  };
}

export const CONVOLUTIONS: readonly GgufArchitecture[] = [
  {
    name: 'lfm2',
    ...LFM2,
    config: (model) => ({ model_type: 'lfm2', ...lfm2Config(model), block_auto_adjust_ff_dim: false }),
  },
  {
    name: 'lfm2moe',
    ...LFM2,
    names: {
      ffn_gate_exps: 'feed_forward.experts.*.w1',
      ffn_up_exps: 'feed_forward.experts.*.w3',
      ffn_down_exps: 'feed_forward.experts.*.w2',
    },
    config: (model) => {
      model.ignore('expert_gating_func');
      return {
        model_type: 'lfm2_moe',
        ...lfm2Config(model),
        num_experts: model.required('expert_count'),
        num_experts_per_tok: model.required('expert_used_count'),
        moe_intermediate_size: model.required('expert_feed_forward_length'),
        num_dense_layers: model.number('leading_dense_block_count') ?? 0,
        use_expert_bias: model.someLayerHas('exp_probs_b.bias'),
        ...present('routed_scaling_factor', decimal(model, 'expert_weights_scale')),
      };
    },
  },
  {
    name: 'granitehybrid',
    names: {
      ...GRANITE_EXPERTS,
      // Without experts, the shared MLP is the only one.
      ffn_gate: 'shared_mlp.gate',
      ffn_up: 'shared_mlp.up',
      ffn_down: 'shared_mlp.output_linear',
      ssm_dt: 'mamba.dt_bias!',
    },
    changes: {
      ...ROTATED,
      ssm_conv1d: (entry, { suffix }) => (suffix === '.weight' ? depthwise(entry) : entry),
      ssm_a: (entry) => logOfNegative(entry, [entry.size]),
      ssm_d: flat,
      ssm_norm: flat,
    },
    combine: combineGranite,
    config: (model) => {
      const heads = model.required('ssm.time_step_rank');
      const inner = model.required('ssm.inner_size');
      const attends = model.numberOfEach('attention.head_count_kv', model.layers) ?? [];
      model.ignore('rope.freq_base', 'rope.dimension_count', 'rope.scaling.finetuned');
      const isDense = (model.number('expert_count') ?? 0) === 0;
      return {
        ...graniteConfig(model),
        ...(isDense ? { shared_intermediate_size: model.number('feed_forward_length') } : {}),
        layer_types: attends.map((count) => (count > 0 ? 'attention' : 'mamba')),
        // Hybrids have no positions.
        position_embedding_type: 'nope',
        mamba_n_heads: heads,
        mamba_d_head: inner / heads,
        mamba_expand: inner / model.required('embedding_length'),
        mamba_n_groups: model.required('ssm.group_count'),
        mamba_d_state: model.required('ssm.state_size'),
        mamba_d_conv: model.required('ssm.conv_kernel'),
        mamba_conv_bias: model.someLayerHas('ssm_conv1d.bias'),
        mamba_proj_bias: model.someLayerHas('ssm_in.bias'),
      };
    },
  },
  {
    name: 'granitemoe',
    also: GATED_MLP,
    names: GRANITE_EXPERTS,
    changes: ROTATED,
    combine: combineGranite,
    config: (model) => {
      expectWholeHeads(model);
      ignoreMamba(model);
      return {
        ...graniteConfig(model),
        shared_intermediate_size: model.number('expert_shared_feed_forward_length') ?? 0,
        ...rope(model),
        position_embedding_type: 'rope',
        layer_types: Array.from({ length: model.layers }, () => 'attention'),
      };
    },
  },
];
