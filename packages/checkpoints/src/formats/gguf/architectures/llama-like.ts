import { at } from '@shadow-gate/platform';
import type { TensorEntry } from '../../../tensors/tensor-entry.ts';
import { constantEntry } from '../changes.ts';
import type { GgufModel } from '../model.ts';
import type { GgufArchitecture } from './architecture.ts';
import { decimal, headDim, layerNormSizes, present, rmsSizes, theta } from './common.ts';
import { windows } from './gemma.ts';
import { biases } from './llama.ts';
import { expectWholeHeads, partialRotary, ROPE_TENSORS, rope, ropeByType, rotatedSizes } from './rope.ts';
import { ROTATED } from './rules.ts';

/** Decoders with Llama's names in transformers, and small differences. */

const arcee: GgufArchitecture = {
  name: 'arcee',
  also: ['ffn_gate'],
  changes: ROTATED,
  spare: ROPE_TENSORS,
  config: (model) => ({ model_type: 'arcee', ...rotatedSizes(model), ...biases(model) }),
};

/** Where no layer is said to be without positions, every fourth is, as llama.cpp has it. */
const SMOLLM3_INTERVAL = 4;

const smollm3: GgufArchitecture = {
  name: 'smollm3',
  changes: ROTATED,
  spare: ROPE_TENSORS,
  config: (model) => ({
    model_type: 'smollm3',
    ...rotatedSizes(model),
    ...biases(model),
    no_rope_layers: Array.from({ length: model.layers }, (_, i) => ((i + 1) % SMOLLM3_INTERVAL === 0 ? 0 : 1)),
  }),
};

const granite: GgufArchitecture = {
  name: 'granite',
  changes: ROTATED,
  spare: ROPE_TENSORS,
  config: (model) => {
    ignoreMamba(model);
    model.ignore('expert_used_count', 'expert_shared_feed_forward_length');
    // What has experts has tensors that are not known here.
    model.ignore('expert_count');
    return { model_type: 'granite', ...rotatedSizes(model), ...biases(model), ...multipliers(model) };
  },
};

/** Sizes of layers with a state, which Granite 4 has in its files also where it has no such layers. */
export function ignoreMamba(model: GgufModel): void {
  if (model.someLayerHas('ssm_in.weight')) return;
  for (const key of ['conv_kernel', 'state_size', 'group_count', 'inner_size', 'time_step_rank'])
    model.ignore(`ssm.${key}`);
}

/** Granite's factors: of embeddings, of what a block adds, of the logits, and the scale of attention. */
export function multipliers(model: GgufModel): Record<string, unknown> {
  return {
    ...present('embedding_multiplier', decimal(model, 'embedding_scale')),
    ...present('residual_multiplier', decimal(model, 'residual_scale')),
    ...present('attention_multiplier', decimal(model, 'attention.scale')),
    ...present('logits_scaling', decimal(model, 'logit_scale')),
  };
}

const seedOss: GgufArchitecture = {
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
};

/** OLMo 2, and OLMo 3 where layers have windows. */
const olmo2: GgufArchitecture = {
  name: 'olmo2',
  spare: ROPE_TENSORS,
  config: (model) => {
    const window = model.number('attention.sliding_window');
    expectWholeHeads(model);
    const both = { ...rmsSizes(model), ...headDim(model), attention_bias: model.someLayerHas('attn_q.bias') };
    if (window === null || window === 0) return { model_type: 'olmo2', ...both, ...rope(model) };
    const rotary = ropeByType(model, theta(model));
    return { model_type: 'olmo3', ...both, ...rotary, sliding_window: window, layer_types: windows(model, 4) };
  },
};

const exaone4: GgufArchitecture = {
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
};

const ernie: GgufArchitecture = {
  name: 'ernie4_5',
  spare: ROPE_TENSORS,
  config: (model) => ({ model_type: 'ernie4_5', ...rotatedSizes(model), use_bias: model.someLayerHas('attn_q.bias') }),
};

const apertus: GgufArchitecture = {
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
};

/** The numbers of the activation of each layer, which are tensors in transformers. */
function xieluTensors(model: GgufModel): TensorEntry[] {
  const any = model.tensors.get('token_embd.weight');
  return ['alpha_n', 'alpha_p', 'beta', 'eps'].flatMap((name) => {
    const values = model.metadata.numbers(model.outside(`xielu.${name}`)) ?? [];
    return values.flatMap((value, i) =>
      any ? [constantEntry(any, `model.layers.${i}.mlp.act_fn.${name}`, [1], [value])] : [],
    );
  });
}

/** Command R: norms of queries and keys have one weight for each head. */
const commandR: GgufArchitecture = {
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
};

const cohere2: GgufArchitecture = {
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
};

/** GLM-4 of 2025: norms before and after; gate and up are one matrix. */
const glm4: GgufArchitecture = {
  name: 'glm4',
  also: ['ffn_gate'],
  spare: ROPE_TENSORS,
  config: (model) => glmConfig(model, 'glm4'),
};

const chatglm: GgufArchitecture = {
  name: 'chatglm',
  also: ['ffn_gate'],
  spare: ROPE_TENSORS,
  config: (model) => glmConfig(model, 'glm'),
};

function glmConfig(model: GgufModel, modelType: string): Record<string, unknown> {
  const head = model.number('attention.key_length') ?? queryRows(model) / model.required('attention.head_count');
  return {
    model_type: modelType,
    ...rmsSizes(model),
    ...headDim(model),
    head_dim: head,
    ...rope(model),
    ...partialRotary(model, head),
    attention_bias: model.someLayerHas('attn_q.bias'),
  };
}

function queryRows(model: GgufModel): number {
  return at(model.tensors.get('blk.0.attn_q.weight')?.shape ?? [0], 0);
}

/** Hunyuan's dense models: the base has its length scaling in it. */
const hunyuan: GgufArchitecture = {
  name: 'hunyuan-dense',
  spare: ROPE_TENSORS,
  config: (model) => ({
    model_type: 'hunyuan_v1_dense',
    ...rotatedSizes(model),
    attention_bias: model.someLayerHas('attn_q.bias'),
  }),
};

export const LLAMA_LIKE = [
  apertus,
  arcee,
  chatglm,
  cohere2,
  commandR,
  ernie,
  exaone4,
  glm4,
  granite,
  hunyuan,
  olmo2,
  seedOss,
  smollm3,
];
