import type { GgufModel } from '../model.ts';
import type { GgufArchitecture } from './architecture.ts';
import { headDim, present, rmsSizes } from './common.ts';
import { expectWholeHeads, rope } from './rope.ts';
import { pairedExperts, ROTATED } from './rules.ts';

/** Llama, Mistral and Mixtral: llama.cpp has one name for all. Mistral's windows are not in the file. */
export const llama: GgufArchitecture = {
  name: 'llama',
  names: { ffn_gate_up_exps: pairedExperts('block_sparse_moe.experts', 'w1', 'w3') },
  changes: ROTATED,
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

export function biases(model: GgufModel): Record<string, unknown> {
  return {
    attention_bias: model.someLayerHas('attn_q.bias') || model.someLayerHas('attn_qkv.bias'),
    mlp_bias: model.someLayerHas('ffn_down.bias'),
  };
}
