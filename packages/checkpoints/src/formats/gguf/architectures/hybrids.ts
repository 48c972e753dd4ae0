import type { TensorEntry } from '../../../tensors/tensor-entry.ts';
import { joined, logOfNegative, reordered, reshaped } from '../changes.ts';
import type { GgufModel } from '../model.ts';
import type { GgufArchitecture, TensorRule } from './architecture.ts';
import {
  ATTENTION,
  EXPERTS,
  expertSizes,
  GATED_MLP,
  headDim,
  NEXT_TOKENS,
  ownLayers,
  present,
  rmsSizes,
  WHOLE,
} from './common.ts';
import { SHARED } from './qwen.ts';
import { partialRotary, rope } from './rope.ts';
import { changedTo, parameter, plusOneNorm } from './rules.ts';

/** Qwen3-Next and Qwen 3.5: most layers have linear attention by the gated delta rule. */

interface LinearSizes {
  readonly keyHeads: number;
  readonly valueHeads: number;
  readonly keyDim: number;
  readonly valueDim: number;
}

function linearSizes(model: GgufModel): LinearSizes {
  const valueHeads = model.required('ssm.time_step_rank');
  return {
    keyHeads: model.required('ssm.group_count'),
    valueHeads,
    keyDim: model.required('ssm.state_size'),
    valueDim: model.required('ssm.inner_size') / valueHeads,
  };
}

/** A convolution of each channel by itself has a dimension for its one input. */
export function depthwise(entry: TensorEntry): TensorEntry {
  const [channels = 0, width = 0] = entry.shape;
  return reshaped(entry, [channels, 1, width]);
}

/** Norms with their weights plus one, but for the one behind the recurrence. */
const NORMS = {
  attn_norm: plusOneNorm('input_layernorm'),
  post_attention_norm: plusOneNorm('post_attention_layernorm'),
  attn_q_norm: plusOneNorm('self_attn.q_norm'),
  attn_k_norm: plusOneNorm('self_attn.k_norm'),
} as const;

const MORE_NORMS = {
  ...NEXT_TOKENS,
  'nextn.enorm': plusOneNorm('enorm'),
  'nextn.hnorm': plusOneNorm('hnorm'),
  'nextn.shared_head_norm': plusOneNorm('shared_head.norm'),
} as const;

const whole = { ...WHOLE, output_norm: plusOneNorm('model.norm') };

function qwenConfig(model: GgufModel): Record<string, unknown> {
  const sizes = linearSizes(model);
  const layers = ownLayers(model);
  const head = model.required('attention.key_length');
  const interval = model.number('full_attention_interval') ?? 4;
  const recurrent = model.booleans('attention.recurrent_layers');
  model.ignore('rope.dimension_sections');
  return {
    ...rmsSizes(model),
    num_hidden_layers: layers,
    ...headDim(model),
    ...rope(model),
    ...partialRotary(model, head),
    partial_rotary_factor: (model.number('rope.dimension_count') ?? head) / head,
    layer_types: Array.from({ length: layers }, (_, i) =>
      (recurrent?.[i] ?? (i + 1) % interval !== 0) ? 'linear_attention' : 'full_attention',
    ),
    attention_bias: model.someLayerHas('attn_q.bias'),
    linear_conv_kernel_dim: model.required('ssm.conv_kernel'),
    linear_num_key_heads: sizes.keyHeads,
    linear_num_value_heads: sizes.valueHeads,
    linear_key_head_dim: sizes.keyDim,
    linear_value_head_dim: sizes.valueDim,
  };
}

function qwenExperts(model: GgufModel): Record<string, unknown> {
  return {
    ...expertSizes(model, 'num_experts'),
    ...present('shared_expert_intermediate_size', model.number('expert_shared_feed_forward_length')),
  };
}

const decay = (change: (entry: TensorEntry, model: GgufModel) => TensorEntry): TensorRule =>
  parameter('linear_attn.A_log', (entry, { model }) => change(logOfNegative(entry, [entry.size]), model));

/**
 * Rows of a projection of queries, keys, values and z, in the order of transformers: all of a key head are together.
 */
function rowsByKeyHead({ keyHeads, valueHeads, keyDim, valueDim }: LinearSizes): number[] {
  const each = valueHeads / keyHeads;
  const starts = [0, keyHeads * keyDim, 2 * keyHeads * keyDim, 2 * keyHeads * keyDim + valueHeads * valueDim];
  const widths = [keyDim, keyDim, each * valueDim, each * valueDim];
  return Array.from({ length: keyHeads }, (_, head) =>
    starts.flatMap((start, part) => {
      const width = widths[part] ?? 0;
      return Array.from({ length: width }, (__, i) => start + head * width + i);
    }),
  ).flat();
}

export const qwen3next: GgufArchitecture = {
  name: 'qwen3next',
  whole,
  layer: {
    ...ATTENTION,
    ...NORMS,
    ...MORE_NORMS,
    ...GATED_MLP,
    ...EXPERTS,
    ...SHARED,
    attn_qkv: 'linear_attn.qkv',
    attn_gate: 'linear_attn.z',
    ssm_ba: 'linear_attn.in_proj_ba',
    ssm_in: 'linear_attn.in_proj_qkvz',
    ssm_conv1d: changedTo('linear_attn.conv1d', depthwise),
    ssm_a: decay((entry) => entry),
    ssm_dt: parameter('linear_attn.dt_bias'),
    ssm_norm: 'linear_attn.norm',
    ssm_out: 'linear_attn.out_proj',
  },
  combine: (tensors, model) => {
    const rows = rowsByKeyHead(linearSizes(model));
    for (let i = 0; i < model.layers; i++) {
      const at = `model.layers.${i}.linear_attn`;
      const [qkv, z] = [tensors.get(`${at}.qkv.weight`), tensors.get(`${at}.z.weight`)];
      if (qkv === undefined || z === undefined) continue;
      tensors.delete(qkv.name);
      tensors.delete(z.name);
      tensors.set(`${at}.in_proj_qkvz.weight`, reordered(joined([qkv, z], 0), rows));
    }
  },
  config: (model) => ({
    model_type: 'qwen3_next',
    ...qwenConfig(model),
    ...qwenExperts(model),
    norm_topk_prob: model.boolean('expert_weights_norm') ?? true,
    mlp_only_layers: Array.from({ length: model.layers }, (_, i) => i).filter(
      (i) => !model.tensors.has(`blk.${i}.ffn_gate_inp.weight`),
    ),
  }),
};

/**
 * Indices that bring heads of values, which llama.cpp has in turns of the key heads, together by key head.
 * @param before so many other rows come first
 */
function byKeyHead(model: GgufModel, width: number, before = 0): number[] {
  const { keyHeads, valueHeads } = linearSizes(model);
  const each = valueHeads / keyHeads;
  const heads = Array.from({ length: valueHeads }, (_, i) => (i % each) * keyHeads + Math.floor(i / each));
  const rows = heads.flatMap((head) => Array.from({ length: width }, (_, i) => before + head * width + i));
  return [...Array.from({ length: before }, (_, i) => i), ...rows];
}

const values =
  (width: (sizes: LinearSizes) => number, before: (sizes: LinearSizes) => number = () => 0) =>
  (entry: TensorEntry, model: GgufModel, axis = 0): TensorEntry => {
    const sizes = linearSizes(model);
    if (sizes.keyHeads === sizes.valueHeads) return entry;
    return reordered(entry, byKeyHead(model, width(sizes), before(sizes)), axis);
  };

const ofHeads = values(() => 1);
const ofRows = values(({ valueDim }) => valueDim);
const behindKeys = values(
  ({ valueDim }) => valueDim,
  ({ keyHeads, keyDim }) => 2 * keyHeads * keyDim,
);

const QWEN35_LAYER = {
  ...ATTENTION,
  ...NORMS,
  ...MORE_NORMS,
  attn_qkv: changedTo('linear_attn.in_proj_qkv', (entry, { model }) => behindKeys(entry, model)),
  attn_gate: changedTo('linear_attn.in_proj_z', (entry, { model }) => ofRows(entry, model)),
  ssm_alpha: changedTo('linear_attn.in_proj_a', (entry, { model }) => ofHeads(entry, model)),
  ssm_beta: changedTo('linear_attn.in_proj_b', (entry, { model }) => ofHeads(entry, model)),
  ssm_conv1d: changedTo('linear_attn.conv1d', (entry, { model }) => depthwise(behindKeys(entry, model))),
  ssm_a: decay(ofHeads),
  ssm_dt: parameter('linear_attn.dt_bias', (entry, { model }) => ofHeads(entry, model)),
  ssm_norm: 'linear_attn.norm',
  ssm_out: changedTo('linear_attn.out_proj', (entry, { model }) => ofRows(entry, model, 1)),
} as const;

export const qwen35: GgufArchitecture = {
  name: 'qwen35',
  whole,
  layer: { ...QWEN35_LAYER, ...GATED_MLP },
  config: (model) => ({ model_type: 'qwen3_5_text', ...qwenConfig(model) }),
};

export const qwen35moe: GgufArchitecture = {
  name: 'qwen35moe',
  whole,
  layer: { ...QWEN35_LAYER, ...EXPERTS, ...SHARED },
  config: (model) => {
    const { intermediate_size: _, ...config } = qwenConfig(model);
    return { model_type: 'qwen3_5_moe_text', ...config, ...qwenExperts(model) };
  },
};
