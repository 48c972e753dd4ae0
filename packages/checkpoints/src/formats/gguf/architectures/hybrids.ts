import type { TensorEntry } from '../../../tensors/tensor-entry.ts';
import { joined, logOfNegative, reordered, reshaped } from '../changes.ts';
import type { GgufModel } from '../model.ts';
import type { GgufArchitecture, NamedTensor, TensorChange } from './architecture.ts';
import {
  expertSizes,
  GATED_MLP,
  headDim,
  NEXT_TOKENS,
  ownLayers,
  PAIRED_EXPERTS,
  present,
  rmsSizes,
} from './common.ts';
import { denseLayers, SHARED_GATE } from './qwen.ts';
import { partialRotary, rope } from './rope.ts';
import { plusOne, replaceTensors } from './rules.ts';

/** Qwen3-Next and Qwen 3.5: most layers have linear attention with the gated delta rule. */

type LinearSizes = ReturnType<typeof linearSizes>;

function linearSizes(model: GgufModel) {
  const valueHeads = model.required('ssm.time_step_rank');
  return {
    keyHeads: model.required('ssm.group_count'),
    valueHeads,
    keyDim: model.required('ssm.state_size'),
    valueDim: model.required('ssm.inner_size') / valueHeads,
  };
}

export function depthwise(entry: TensorEntry): TensorEntry {
  const [channels = 0, width = 0] = entry.shape;
  return reshaped(entry, [channels, 1, width]);
}

const NAMES = { ...NEXT_TOKENS, ssm_dt: 'linear_attn.dt_bias!' } as const;

/** Norms stored as weight + 1: all but the one after the recurrence. */
const NORMS = {
  output_norm: plusOne,
  attn_norm: plusOne,
  post_attention_norm: plusOne,
  attn_q_norm: plusOne,
  attn_k_norm: plusOne,
  'nextn.enorm': plusOne,
  'nextn.hnorm': plusOne,
  'nextn.shared_head_norm': plusOne,
} as const;

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

/** The order of transformers for rows of queries, keys, values and z: those of one key head are together. */
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

/** Indices that group value heads by key head; llama.cpp interleaves them. @param before rows before the first head */
function byKeyHead(model: GgufModel, width: number, before = 0): number[] {
  const { keyHeads, valueHeads } = linearSizes(model);
  const each = valueHeads / keyHeads;
  const heads = Array.from({ length: valueHeads }, (_, i) => (i % each) * keyHeads + Math.floor(i / each));
  const rows = heads.flatMap((head) => Array.from({ length: width }, (_, i) => before + head * width + i));
  return [...Array.from({ length: before }, (_, i) => i), ...rows];
}

const values =
  (width: (sizes: LinearSizes) => number, before: (sizes: LinearSizes) => number = () => 0) =>
  (entry: TensorEntry, { model }: NamedTensor, axis = 0): TensorEntry => {
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

const QWEN35_CHANGES: Readonly<Record<string, TensorChange>> = {
  ...NORMS,
  attn_qkv: behindKeys,
  attn_gate: ofRows,
  ssm_alpha: ofHeads,
  ssm_beta: ofHeads,
  ssm_conv1d: (entry, named) => depthwise(behindKeys(entry, named)),
  ssm_a: (entry, named) => ofHeads(logOfNegative(entry, [entry.size]), named),
  ssm_dt: ofHeads,
  ssm_out: (entry, named) => ofRows(entry, named, 1),
};

export const HYBRIDS: readonly GgufArchitecture[] = [
  {
    name: 'qwen3next',
    also: GATED_MLP,
    names: { ...NAMES, ...PAIRED_EXPERTS, attn_qkv: 'linear_attn.qkv', attn_gate: 'linear_attn.z' },
    changes: {
      ...NORMS,
      ...SHARED_GATE,
      ssm_conv1d: depthwise,
      ssm_a: (entry) => logOfNegative(entry, [entry.size]),
    },
    combine: (tensors, model) => {
      const rows = rowsByKeyHead(linearSizes(model));
      for (let i = 0; i < model.layers; i++) {
        const at = `model.layers.${i}.linear_attn`;
        replaceTensors(tensors, [`${at}.qkv.weight`, `${at}.z.weight`], `${at}.in_proj_qkvz.weight`, (...parts) =>
          reordered(joined(parts, 0), rows),
        );
      }
    },
    config: (model) => ({
      model_type: 'qwen3_next',
      ...qwenConfig(model),
      ...qwenExperts(model),
      norm_topk_prob: model.boolean('expert_weights_norm') ?? true,
      mlp_only_layers: denseLayers(model),
    }),
  },
  {
    name: 'qwen35',
    names: NAMES,
    changes: QWEN35_CHANGES,
    config: (model) => ({ model_type: 'qwen3_5_text', ...qwenConfig(model) }),
  },
  {
    name: 'qwen35moe',
    names: { ...NAMES, ...PAIRED_EXPERTS },
    changes: { ...QWEN35_CHANGES, ...SHARED_GATE },
    config: (model) => {
      const { intermediate_size: _, ...config } = qwenConfig(model);
      return { model_type: 'qwen3_5_moe_text', ...config, ...qwenExperts(model) };
    },
  },
];
