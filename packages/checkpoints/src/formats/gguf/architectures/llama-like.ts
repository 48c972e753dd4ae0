import { at } from '@shadow-gate/platform';
import type { TensorEntry } from '../../../tensors/tensor-entry.ts';
import { constantEntry } from '../changes.ts';
import type { GgufModel } from '../model.ts';
import type { GgufArchitecture } from './architecture.ts';
import { decimal, headDim, layerNormSizes, present, rmsSizes, theta } from './common.ts';
import { windows } from './gemma.ts';
import { expectWholeHeads, partialRotary, ROPE_TENSORS, rope, ropeByType, rotatedSizes } from './rope.ts';
import { pairedExperts, ROTATED } from './rules.ts';

/** Llama, and decoders with its names in transformers and small differences. */

function biases(model: GgufModel): Record<string, unknown> {
  return {
    attention_bias: model.someLayerHas('attn_q.bias') || model.someLayerHas('attn_qkv.bias'),
    mlp_bias: model.someLayerHas('ffn_down.bias'),
  };
}

/** llama.cpp's default: every fourth layer has no positions. */
const SMOLLM3_INTERVAL = 4;

/** Sizes of layers with a state, which Granite 4's files have even without such layers. */
export function ignoreMamba(model: GgufModel): void {
  if (model.someLayerHas('ssm_in.weight')) return;
  model.ignore('ssm.conv_kernel', 'ssm.state_size', 'ssm.group_count', 'ssm.inner_size', 'ssm.time_step_rank');
}

/** Granite's factors of embeddings, of residuals, of attention scores and of logits. */
export function multipliers(model: GgufModel): Record<string, unknown> {
  return {
    ...present('embedding_multiplier', decimal(model, 'embedding_scale')),
    ...present('residual_multiplier', decimal(model, 'residual_scale')),
    ...present('attention_multiplier', decimal(model, 'attention.scale')),
    ...present('logits_scaling', decimal(model, 'logit_scale')),
  };
}

/** The trained numbers of each layer's activation, which are tensors in transformers. */
function xieluTensors(model: GgufModel): TensorEntry[] {
  const any = model.tensors.get('token_embd.weight');
  return ['alpha_n', 'alpha_p', 'beta', 'eps'].flatMap((name) => {
    const values = model.metadata.numbers(model.outside(`xielu.${name}`)) ?? [];
    return values.flatMap((value, i) =>
      any ? [constantEntry(any, `model.layers.${i}.mlp.act_fn.${name}`, [1], [value])] : [],
    );
  });
}

/** GLM-4 of 2025, with norms before and after, and its predecessor. Gate and up are one matrix. */
const glm = (name: string, modelType: string): GgufArchitecture => ({
  name,
  also: ['ffn_gate'],
  spare: ROPE_TENSORS,
  config: (model) => {
    const queryRows = at(model.tensors.get('blk.0.attn_q.weight')?.shape ?? [0], 0);
    const head = model.number('attention.key_length') ?? queryRows / model.required('attention.head_count');
    return {
      model_type: modelType,
      ...rmsSizes(model),
      ...headDim(model),
      head_dim: head,
      ...rope(model),
      ...partialRotary(model, head),
      attention_bias: model.someLayerHas('attn_q.bias'),
    };
  },
});

export const LLAMA_LIKE: readonly GgufArchitecture[] = [
  /** Llama, Mistral and Mixtral: llama.cpp has one name for all. Mistral's windows are not in the file. */
  {
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
  },
  {
    name: 'arcee',
    also: ['ffn_gate'],
    changes: ROTATED,
    spare: ROPE_TENSORS,
    config: (model) => ({ model_type: 'arcee', ...rotatedSizes(model), ...biases(model) }),
  },
  {
    name: 'smollm3',
    changes: ROTATED,
    spare: ROPE_TENSORS,
    config: (model) => ({
      model_type: 'smollm3',
      ...rotatedSizes(model),
      ...biases(model),
      no_rope_layers: Array.from({ length: model.layers }, (_, i) => ((i + 1) % SMOLLM3_INTERVAL === 0 ? 0 : 1)),
    }),
  },
  {
    name: 'granite',
    changes: ROTATED,
    spare: ROPE_TENSORS,
    config: (model) => {
      ignoreMamba(model);
      model.ignore('expert_used_count', 'expert_shared_feed_forward_length');
      // Models with experts have tensors that are not known here.
      model.ignore('expert_count');
      return { model_type: 'granite', ...rotatedSizes(model), ...biases(model), ...multipliers(model) };
    },
  },
  {
    name: 'seed_oss',
    also: ['ffn_norm'],
    spare: ROPE_TENSORS,
    config: (model) => ({
      model_type: 'seed_oss',
      ...rotatedSizes(model),
      attention_bias: model.someLayerHas('attn_q.bias'),
      attention_out_bias: model.someLayerHas('attn_output.bias'),
      mlp_bias: model.someLayerHas('ffn_down.bias'),
    }),
  },
  /** OLMo 2, and OLMo 3 if layers have windows. */
  {
    name: 'olmo2',
    spare: ROPE_TENSORS,
    config: (model) => {
      const window = model.number('attention.sliding_window');
      expectWholeHeads(model);
      const both = { ...rmsSizes(model), ...headDim(model), attention_bias: model.someLayerHas('attn_q.bias') };
      if (window === null || window === 0) return { model_type: 'olmo2', ...both, ...rope(model) };
      return {
        model_type: 'olmo3',
        ...both,
        ...ropeByType(model, theta(model)),
        sliding_window: window,
        layer_types: windows(model, 4),
      };
    },
  },
  {
    name: 'exaone4',
    spare: ROPE_TENSORS,
    config: (model) => {
      const window = model.number('attention.sliding_window') || null;
      return {
        model_type: 'exaone4',
        ...rotatedSizes(model),
        sliding_window: window,
        layer_types: windows(model, 4, window !== null),
      };
    },
  },
  {
    name: 'ernie4_5',
    spare: ROPE_TENSORS,
    config: (model) => ({
      model_type: 'ernie4_5',
      ...rotatedSizes(model),
      use_bias: model.someLayerHas('attn_q.bias'),
    }),
  },
  {
    name: 'apertus',
    also: ['ffn_gate'],
    spare: ROPE_TENSORS,
    config: (model) => ({
      model_type: 'apertus',
      ...rotatedSizes(model),
      ...biases(model),
      ...(model.metadata.has('xielu.beta') ? {} : { hidden_act: 'relu2' }),
    }),
    more: xieluTensors,
  },
  /** Command R: norms of queries and keys have one weight per head. */
  {
    name: 'command-r',
    also: ['ffn_norm'],
    config: (model) => ({
      model_type: 'cohere',
      ...layerNormSizes(model, 'layer_norm_eps'),
      ...rope(model),
      ...present('logit_scale', decimal(model, 'logit_scale')),
      use_qk_norm: model.someLayerHas('attn_q_norm.weight'),
      attention_bias: model.someLayerHas('attn_q.bias'),
    }),
  },
  {
    name: 'cohere2',
    also: ['ffn_norm'],
    config: (model) => {
      expectWholeHeads(model);
      return {
        model_type: 'cohere2',
        ...layerNormSizes(model, 'layer_norm_eps'),
        ...headDim(model),
        ...rope(model),
        ...present('logit_scale', decimal(model, 'logit_scale')),
        sliding_window: model.required('attention.sliding_window'),
        layer_types: windows(model, 4),
      };
    },
  },
  /** Hunyuan's dense models: the base of their positions includes the length scaling. */
  {
    name: 'hunyuan-dense',
    spare: ROPE_TENSORS,
    config: (model) => ({
      model_type: 'hunyuan_v1_dense',
      ...rotatedSizes(model),
      attention_bias: model.someLayerHas('attn_q.bias'),
    }),
  },
  glm('chatglm', 'glm'),
  glm('glm4', 'glm4'),
];
