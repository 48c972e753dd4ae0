import type { GgufModel } from '../model.ts';
import type { GgufArchitecture } from './architecture.ts';
import { headDim, LLAMA_LAYER, present, rmsSizes, WHOLE } from './common.ts';
import { expectWholeHeads, rope } from './rope.ts';
import { experts, fusedHeads, pairedExperts, renamed, rotated } from './rules.ts';

const q = rotated('self_attn.q_proj', 'attention.head_count');
const k = rotated('self_attn.k_proj', 'attention.head_count_kv');

/** Names of Llama, with pairs that llama.cpp has as neighbors. */
export const ROTATED_LAYER = {
  ...LLAMA_LAYER,
  attn_q: q,
  attn_k: k,
  attn_qkv: fusedHeads({ q, k, v: renamed('self_attn.v_proj') }),
} as const;

/**
 * Llama, Mistral and Mixtral, which llama.cpp has under one name: with experts it is Mixtral. Windows of Mistral are
 * not in the file.
 */
export const llama: GgufArchitecture = {
  name: 'llama',
  whole: WHOLE,
  layer: {
    ...ROTATED_LAYER,
    ffn_gate_inp: 'block_sparse_moe.gate',
    ffn_gate_exps: experts('block_sparse_moe.experts', 'w1'),
    ffn_up_exps: experts('block_sparse_moe.experts', 'w3'),
    ffn_gate_up_exps: pairedExperts('block_sparse_moe.experts', 'w1', 'w3'),
    ffn_down_exps: experts('block_sparse_moe.experts', 'w2'),
  },
  spare: ['rope_freqs.weight'],
  config: (model) => {
    expectWholeHeads(model);
    const count = model.number('expert_count');
    const used = model.number('expert_used_count');
    const base = { ...rmsSizes(model), ...headDim(model), ...rope(model) };
    if (count !== null && count > 0) {
      return { model_type: 'mixtral', ...base, num_local_experts: count, ...present('num_experts_per_tok', used) };
    }
    return { model_type: 'llama', ...base, ...biases(model) };
  },
};

/** Biases of attention (all four) and of the MLP, as the tensors have them. */
export function biases(model: GgufModel): Record<string, unknown> {
  return {
    attention_bias: model.someLayerHas('attn_q.bias') || model.someLayerHas('attn_qkv.bias'),
    mlp_bias: model.someLayerHas('ffn_down.bias'),
  };
}
