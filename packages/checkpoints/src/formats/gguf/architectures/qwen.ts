import { reshaped } from '../changes.ts';
import type { GgufModel } from '../model.ts';
import type { GgufArchitecture, TensorChange } from './architecture.ts';
import { expertSizes, GATED_MLP, PAIRED_EXPERTS } from './common.ts';
import { ROPE_TENSORS, rotatedSizes } from './rope.ts';

function hasBias(model: GgufModel): boolean {
  return model.someLayerHas('attn_q.bias') || model.someLayerHas('attn_qkv.bias');
}

/** Qwen 2 and 2.5. The file does not have windows. */
const qwen2: GgufArchitecture = {
  name: 'qwen2',
  spare: ROPE_TENSORS,
  config: (model) => ({ model_type: 'qwen2', ...rotatedSizes(model) }),
};

const qwen3: GgufArchitecture = {
  name: 'qwen3',
  spare: ROPE_TENSORS,
  config: (model) => ({ model_type: 'qwen3', ...rotatedSizes(model), attention_bias: hasBias(model) }),
};

export const SHARED_GATE: Readonly<Record<string, TensorChange>> = {
  ffn_gate_inp_shexp: (entry) => reshaped(entry, [1, entry.size]),
};

export function denseLayers(model: GgufModel): number[] {
  return Array.from({ length: model.layers }, (_, i) => i).filter(
    (i) => !model.tensors.has(`blk.${i}.ffn_gate_inp.weight`),
  );
}

export const QWEN: readonly GgufArchitecture[] = [
  /** The language models of Qwen2-VL and Qwen2.5-VL: for text alone, positions of images equal those of text. */
  {
    ...qwen2,
    name: 'qwen2vl',
    config: (model) => {
      model.ignore('rope.dimension_sections');
      return qwen2.config(model);
    },
  },
  {
    ...qwen3,
    name: 'qwen3vl',
    config: (model) => {
      model.ignore('rope.dimension_sections', 'n_deepstack_layers');
      return qwen3.config(model);
    },
  },
  {
    name: 'qwen2moe',
    also: GATED_MLP,
    names: PAIRED_EXPERTS,
    changes: SHARED_GATE,
    spare: ROPE_TENSORS,
    config: (model) => ({
      model_type: 'qwen2_moe',
      ...rotatedSizes(model),
      ...expertSizes(model, 'num_experts'),
      shared_expert_intermediate_size: model.required('expert_shared_feed_forward_length'),
      norm_topk_prob: model.boolean('expert_weights_norm') ?? false,
      qkv_bias: hasBias(model),
      mlp_only_layers: denseLayers(model),
    }),
  },
  {
    name: 'qwen3moe',
    also: GATED_MLP,
    names: PAIRED_EXPERTS,
    spare: ROPE_TENSORS,
    config: (model) => ({
      model_type: 'qwen3_moe',
      ...rotatedSizes(model),
      ...expertSizes(model, 'num_experts'),
      // llama.cpp always divides by the sum of the chosen weights, as all released models do.
      norm_topk_prob: model.boolean('expert_weights_norm') ?? true,
      attention_bias: hasBias(model),
      mlp_only_layers: denseLayers(model),
    }),
  },
  qwen2,
  qwen3,
];
